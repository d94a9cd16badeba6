/** The attributes of the cookies that a destination sets: what the policy says of them, whatever the destination does. */

import type { Amend } from '../../core/answer.ts'
import { array, boolean, type Infer, object, string, word } from '../../schema/builder.ts'
import { sessionCookie } from '../../services/identity/session-cookie.ts'

const name = string({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$", title: 'the name of a cookie' })

export const cookiesBlock = object(
  {
    'secure?': boolean({
      description:
        'True: browsers send them back under TLS alone, also where this server itself is reached in clear. Under TLS they are `Secure` in any case.',
    }),
    'httpOnly?': boolean({ description: 'True: no script reads them, those of `readable` apart.' }),
    'readable?': array(name, {
      description: 'Cookies that are left to scripts under `httpOnly`, such as `XSRF-TOKEN`.',
    }),
    'sameSite?': word(['strict', 'lax'], {
      description:
        'With which requests from other sites they go, at most; a destination may say `Strict` where this says `lax`.',
    }),
    'hostOnly?': boolean({ description: 'True: they stay with this host; `Domain` is taken away.' }),
    'allow?': array(name, { description: 'The only cookies that may be set.' }),
  },
  { description: 'What holds for each cookie that the destination sets.' },
)

export type CookiesBlock = Infer<typeof cookiesBlock>

/** Is told of a cookie that is kept from the client, and why. */
type Drop = (why: string) => undefined

const strictness = ['none', 'lax', 'strict']

/**
 * Makes what becomes of each `Set-Cookie`, under TLS or in clear; nothing where nothing is to be done. The session that this
 * server keeps says itself how.
 */
export function amendCookie(block: CookiesBlock, isSecure: boolean, drop: Drop): Amend | undefined {
  const { httpOnly = false, readable = [], sameSite, hostOnly = false, allow } = block
  const secure = isSecure || block.secure === true
  if (!secure && !httpOnly && sameSite === undefined && !hostOnly && allow === undefined) return undefined
  return (value) => {
    const [pair = '', ...attributes] = value.split(';')
    const cookie = nameOf(pair)
    if (cookie === sessionCookie) return value
    if (cookie === undefined) return drop('a cookie without a name')
    if (allow !== undefined && !allow.includes(cookie)) return drop('a cookie that `allow` does not name')
    const kept = hostOnly ? attributes.filter((attribute) => wordOf(attribute) !== 'domain') : attributes
    const closed = sameSite === undefined ? kept : closeTo(sameSite, kept)
    const flags = [...(secure ? ['Secure'] : []), ...(httpOnly && !readable.includes(cookie) ? ['HttpOnly'] : [])]
    return write(pair, closed, flags)
  }
}

/** As browsers read it (RFC 6265bis §5.6); one without a name could pass for any other. */
function nameOf(pair: string): string | undefined {
  const at = pair.indexOf('=')
  const found = at === -1 ? '' : strip(pair.slice(0, at))
  return found === '' ? undefined : found
}

/** Spaces and tabs, as browsers do: not what else JavaScript takes for a space. */
const strip = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '')
const wordOf = (attribute: string): string => strip(attribute.split('=', 1)[0] ?? '').toLowerCase()

/** Of an attribute that stands twice, browsers take the last. */
function closeTo(sameSite: 'strict' | 'lax', attributes: readonly string[]): readonly string[] {
  const last = attributes.findLast((attribute) => wordOf(attribute) === 'samesite')
  const said = last === undefined ? '' : strip(last.slice(last.indexOf('=') + 1)).toLowerCase()
  if (strictness.indexOf(said) >= strictness.indexOf(sameSite)) return attributes
  const others = attributes.filter((attribute) => wordOf(attribute) !== 'samesite')
  return [...others, sameSite === 'lax' ? ' SameSite=Lax' : ' SameSite=Strict']
}

function write(pair: string, attributes: readonly string[], flags: readonly string[]): string {
  const words = attributes.map(wordOf)
  const missing = flags.filter((flag) => !words.includes(flag.toLowerCase())).map((flag) => ` ${flag}`)
  return [pair, ...attributes, ...missing].join(';')
}
