/** The header that carries a credential: one of its own, which nothing else on the way reads or writes. */

import type { Fault } from '../../core/diagnostic.ts'
import { hasReference } from '../../core/expression.ts'
import { hopByHop } from '../../core/hop-by-hop.ts'
import { string } from '../../schema/builder.ts'

export const headerName = (description: string, example: string) =>
  string({
    pattern: '^[A-Za-z0-9][A-Za-z0-9-]{0,63}$',
    title: 'the name of a header',
    description,
    examples: [example],
  })

const taken = new RegExp(
  `^(${[
    'authorization|proxy-.*|cookie2?|set-cookie2?|host|origin|referer|user-agent|from|date|via|expect|range|if-.*|max-forwards',
    'accept(-.*)?|content-.*|cache-control|pragma|forwarded|x-forwarded-.*|x-real-ip|x-request-id|x-user-.*',
    'traceparent|tracestate|sec-.*|access-control-.*|x-http-method.*|x-method-override|x-original-url|x-rewrite-url',
    'upgrade-.*|retry-after|location|server|etag|expires|last-modified|age',
  ].join('|')})$`,
)

/** Whether a header means something else already, to HTTP or to this server. */
const isTaken = (name: string): boolean => hopByHop.has(name.toLowerCase()) || taken.test(name.toLowerCase())

/** The fault of a header that cannot carry a credential. */
export const checkHeader = (name: string | undefined, path: Fault['path']): readonly Fault[] =>
  name === undefined || hasReference(name) || !isTaken(name)
    ? []
    : [{ rule: 'authenticate/credential-header', path, message: `\`${name}\` means something else in every request` }]
