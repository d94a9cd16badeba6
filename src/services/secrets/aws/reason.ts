/** Why a call of Secrets Manager failed: in words that hold nothing of an answer but what the service says of a fault. */

import type { AwsFaultKind } from './fault.ts'

export interface Reason {
  readonly text: string
  readonly kind: AwsFaultKind
  /** Whether the same call may succeed in a moment. */
  readonly isTransient: boolean
}

/** What errors of the SDK have, as far as they are read. */
interface SdkError {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  /** Of a fault that the service told. */
  readonly $fault?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
}

const missing: Readonly<Record<string, string>> = {
  ResourceNotFoundException: 'there is none of this name and stage',
  InvalidRequestException: 'it has no value, or is marked for deletion',
  InvalidParameterException: 'this is no name of a secret',
  ValidationException: 'this is no name of a secret',
}

/** A clock that is wrong is set right by the SDK after the first answer. */
const transient =
  /throttl|toomanyrequests|limitexceeded|slowdown|timeout|timetooskewed|invalidsignature|requestexpired/i

export function reasonOfCall(error: unknown): Reason {
  const { name, $fault, $metadata = {} } = (error ?? {}) as SdkError
  const [word, status = 0] = [String(name), $metadata.httpStatusCode]
  if (isThrottled(word, status)) return away('it asks for fewer calls')
  if (status >= 500) return away(`it answers with status ${status}`)
  if ($fault !== undefined && Object.hasOwn(missing, word))
    return { kind: 'missing', isTransient: false, text: missing[word] ?? '' }
  if ($fault !== undefined && /^[A-Za-z]{1,64}$/.test(word))
    return { kind: 'denied', isTransient: transient.test(word), text: `${word}: ${messageOf(error)}` }
  return reasonOfClient(error as SdkError, word)
}

const isThrottled = (word: string, status: number): boolean =>
  status === 429 || /throttl|toomanyrequests|limitexceeded|slowdown/i.test(word)

const away = (text: string): Reason => ({ kind: 'away', isTransient: true, text })

/** What never reached the service, or was no answer of it. */
function reasonOfClient(error: SdkError, word: string): Reason {
  const { code } = error
  if (/^(AbortError|TimeoutError)$/.test(word)) return away('it does not answer')
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code)) return away(`it cannot be reached: ${code}`)
  if (/Credentials|TokenProvider/.test(word))
    return { kind: 'denied', isTransient: false, text: `no credentials: ${messageOf(error)}` }
  if (/region is missing/i.test(messageOf(error)))
    return { kind: 'denied', isTransient: false, text: 'no region: write `settings.secrets.region`, or set AWS_REGION' }
  if (error instanceof InsecureEndpoint) return { kind: 'denied', isTransient: false, text: error.message }
  return away('its answer cannot be understood')
}

const longest = 300

const messageOf = (error: unknown): string =>
  String((error as SdkError).message ?? '')
    .replace(/\s+/g, ' ')
    .slice(0, longest)

/** The environment of the SDK may name an endpoint that no policy does. */
export class InsecureEndpoint extends Error {
  override readonly name = 'InsecureEndpoint'
}
