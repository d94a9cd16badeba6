/** The servers of a document: where its paths begin, and where allowed requests go. */

import { isLoopbackHost } from '../../core/address.ts'
import { readPrefix } from '../../policy/route-path.ts'
import type { Members } from '../../schema/types.ts'
import type { Notes } from './notes.ts'
import { listOf, membersOf, onOneLine, textOf } from './written.ts'

export interface Server {
  /** Before every path; nothing for `/`. */
  readonly prefix: string
  readonly upstream: string
}

const standIn = 'http://127.0.0.1:9000'

/** `upstream` is what the caller of the import wishes instead. */
export function convertServers(root: Members, upstream: string | undefined, notes: Notes): Server {
  const urls = listOf(root.servers).map(urlOf)
  const [first = '/'] = urls
  if (urls.length > 1) notes.add(`of ${urls.length} servers the first counts: ${first}`)
  const url = URL.canParse(first, 'relative://document') ? new URL(first, 'relative://document') : undefined
  if (url === undefined) notes.add(`the server \`${first}\` is no address`)
  return { prefix: prefixOf(url, notes), upstream: upstream ?? addressOf(url, notes) }
}

/** Variables have their defaults. */
function urlOf(server: unknown): string {
  const { url, variables } = membersOf(server)
  const text = (textOf(url) ?? '/').replace(/\{([^{}]*)\}/g, (written, name: string) => {
    const all = membersOf(variables)
    const variable = membersOf(Object.hasOwn(all, name) ? all[name] : undefined)
    return variable.default === undefined ? written : String(variable.default)
  })
  return onOneLine(text)
}

function prefixOf(url: URL | undefined, notes: Notes): string {
  const path = url?.pathname.replace(/\/+$/, '') ?? ''
  if (path === '') return ''
  const prefix = readPrefix(path)
  if (typeof prefix === 'string') return prefix
  notes.add(`the path of the server cannot be a prefix: ${prefix.fault}`)
  return ''
}

function addressOf(url: URL | undefined, notes: Notes): string {
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return url.origin
  if (url?.protocol === 'http:' && isLoopbackHost(url.hostname) && url.username === '') return url.origin
  const why =
    url?.protocol === 'http:'
      ? `the document names \`${url.origin}\`, which is plain http:`
      : 'the document names no address'
  notes.add(`\`upstream\` is a stand-in for your service, for ${why}`)
  return standIn
}
