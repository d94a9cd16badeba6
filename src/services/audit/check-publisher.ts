/** Finds what is wrong with a place where heads are published. */

import { isLoopbackHost } from '../../core/address.ts'
import type { Fault } from '../../core/diagnostic.ts'
import { hasReference } from '../../core/expression.ts'
import { auditFault, checkAuditTls } from './audit-fault.ts'
import type { WrittenTarget } from './settings.ts'

interface Kind {
  readonly encrypted: string
  readonly plain: string
  /** Whether the url may hold who calls. */
  readonly credentials: boolean
}

const kinds: Readonly<Record<'webhook' | 'redis', Kind>> = {
  webhook: { encrypted: 'https:', plain: 'http:', credentials: false },
  redis: { encrypted: 'rediss:', plain: 'redis:', credentials: true },
}

/** The faults of one target; `path` leads to it. */
export function checkPublisher(target: WrittenTarget, path: Fault['path']): readonly Fault[] {
  return (['webhook', 'redis'] as const).flatMap((name) => {
    const options = target[name]
    if (options === undefined || hasReference(options)) return []
    return [...checkUrl(options, kinds[name], [...path, name]), ...checkTls(options, kinds[name], [...path, name])]
  })
}

type Options = NonNullable<WrittenTarget['webhook'] | WrittenTarget['redis']>

/** The url may hold a password: no message quotes it. */
function checkUrl({ url: text }: Options, kind: Kind, path: Fault['path']): readonly Fault[] {
  if (hasReference(text)) return []
  const url = URL.parse(text)
  const at = [...path, 'url']
  if (url === null || (url.protocol !== kind.encrypted && url.protocol !== kind.plain) || url.hostname === '')
    return [auditFault('audit/invalid-publisher', at, `expected a url that begins with \`${kind.encrypted}//\``)]
  if (!kind.credentials && (url.username !== '' || url.password !== ''))
    return [auditFault('audit/invalid-publisher', at, 'expected no user or password in the url: set `token`')]
  if (url.protocol === kind.encrypted || isLoopbackHost(url.hostname)) return []
  return [auditFault('audit/plain-publisher', at, `heads for \`${url.hostname}\` leave this machine in clear`)]
}

const checkTls = (options: Options, { plain }: Kind, path: Fault['path']): readonly Fault[] =>
  checkAuditTls(options, path, URL.parse(options.url)?.protocol === plain ? plain : undefined)
