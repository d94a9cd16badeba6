/** The faults of an `upstream` block beyond its schema. */

import { isLoopbackHost } from '../../core/address.ts'
import type { Fault, Rules } from '../../core/diagnostic.ts'
import { ExpressionFault, hasExpression, hasReference, parseExpression } from '../../core/expression.ts'
import { isFieldName, isFieldValue } from '../../core/field.ts'
import { checkOutgoing } from '../../services/tls/check-outgoing.ts'
import type { OutgoingTls } from '../../services/tls/outgoing.ts'
import { goesUp } from './withheld.ts'

export const upstreamRules: Rules = {
  'upstream/invalid-url': {
    severity: 'error',
    cause: 'An upstream is one server: scheme, host and port; the path is the one that the client asked for.',
    hint: 'write it as `http://127.0.0.1:9000` or `https://orders.internal`',
  },
  'upstream/plain-http': {
    severity: 'error',
    cause: 'Plain HTTP to another machine shows every request, and who sent it, to the network between.',
    hint: 'use `https:`, or say why not: `insecurePlain: "<reason>"`',
  },
  'upstream/insecure-plain': {
    severity: 'warning',
    cause: 'Requests go to another machine in clear.',
    hint: 'use `https:` where the upstream can',
  },
  'upstream/unused-tls': {
    severity: 'error',
    cause: 'Certificates are for `https:`; over plain HTTP nobody looks at them.',
    hint: 'use `https:` in the url, or take them out',
  },
  'upstream/invalid-certificate': {
    severity: 'error',
    cause: 'Certificates and keys are PEM; a certificate of our own needs its key, and the key its certificate.',
    hint: 'read the file: `${file:/etc/tls/upstream.crt}`',
  },
  'upstream/invalid-header': {
    severity: 'error',
    cause:
      'A header is a name and a value of printable ASCII; those that frame the request, or that this server sets by itself, are not for the policy.',
    hint: 'choose a name of your own, such as `X-Tenant`',
  },
  'upstream/invalid-expression': {
    severity: 'error',
    cause: 'A header names something that no request has.',
    hint: 'write it as `${user.id}`, `${user.claims.NAME}`, `${params.NAME}`, `${query.NAME}`, `${headers.NAME}` or `${ip}`',
  },
}

/** The block as it is used: a bare URL is short for `{ url }`. */
export interface UpstreamOptions extends Partial<Record<keyof OutgoingTls, string>> {
  readonly url: string
  readonly prefix?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly forwardToken?: boolean
  readonly insecurePlain?: string
}

/** Everything wrong with a block; texts that are filled in at opening are judged then. */
export function checkUpstream(options: UpstreamOptions): readonly Fault[] {
  return [...checkUrl(options), ...checkTls(options), ...Object.entries(options.headers ?? {}).flatMap(checkHeader)]
}

function checkUrl(options: UpstreamOptions): readonly Fault[] {
  if (hasReference(options.url)) return []
  const message = judgeUrl(options.url)
  if (message !== undefined) return [{ rule: 'upstream/invalid-url', path: ['url'], message }]
  const { protocol, hostname, host } = new URL(options.url)
  return protocol === 'https:' ? [] : checkPlain(options, hostname, host)
}

/** Why a text is not the address of one server; read before `URL` mends what it is given. */
function judgeUrl(text: string): string | undefined {
  if (!/^https?:\/\/[^\s\\]*$/i.test(text) || !URL.canParse(text))
    return `expected an http: or https: url, got \`${text}\``
  const url = new URL(text)
  if (url.username !== '' || url.password !== '')
    return 'expected no user or password in the url: set `headers.Authorization`'
  if (/[?#]/.test(text)) return 'expected no query in the url'
  if (url.pathname !== '/') return `expected no path in the url, got \`${url.pathname}\`: set \`prefix\``
  return undefined
}

function checkPlain({ insecurePlain }: UpstreamOptions, hostname: string, host: string): readonly Fault[] {
  if (isLoopbackHost(hostname)) return []
  const rule = insecurePlain === undefined ? 'upstream/plain-http' : 'upstream/insecure-plain'
  return [{ rule, path: ['url'], message: `requests to \`${host}\` leave this machine in clear` }]
}

const checkTls = (options: UpstreamOptions): readonly Fault[] =>
  checkOutgoing(options, {
    path: [],
    plain: /^http:/i.test(options.url) ? 'http:' : undefined,
    rules: { unused: 'upstream/unused-tls', certificate: 'upstream/invalid-certificate' },
  })

function checkHeader([name, text]: readonly [string, string]): readonly Fault[] {
  const fault = (kind: string, message: string): Fault => ({
    rule: `upstream/invalid-${kind}`,
    path: ['headers', name],
    message,
  })
  if (!isFieldName(name)) return [{ ...fault('header', `\`${name}\` is no header name`), onKey: true }]
  if (!goesUp(name.toLowerCase(), none))
    return [{ ...fault('header', `\`${name}\` is not for the policy to set`), onKey: true }]
  if (hasReference(text)) return []
  if (!hasExpression(text))
    return isFieldValue(text) ? [] : [fault('header', 'expected printable ASCII, without spaces at its ends')]
  const parsed = parseExpression(text)
  return parsed instanceof ExpressionFault ? [fault('expression', parsed.message)] : []
}

const none: ReadonlySet<string> = new Set()
