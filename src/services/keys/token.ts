/** Reads a compact JWS (RFC 7515 §7.1) before any key or library sees it, and refuses what could be read in two ways. */

import { isUtf8 } from 'node:buffer'
import { Denial } from '../../core/denial.ts'
import { JsonFault, parseJson } from '../../core/json.ts'
import { refusal } from './refusal.ts'

/** Characters of a token at most. */
const maxTokenLength = 8192

interface TokenHeader {
  readonly alg: string
  readonly kid: string | undefined
  readonly typ: string | undefined
}

/** What a token says of itself; nothing of it is proven. */
export interface Token {
  readonly text: string
  readonly header: TokenHeader
  readonly claims: Readonly<Record<string, unknown>>
}

/** Takes a token apart, or refuses it for its shape. */
export function readToken(text: string): Token | Denial {
  if (text.length > maxTokenLength) return refusal.tooLong
  const [head, body, signature, more] = text.split('.', 4)
  if (!head || !body || !signature || more !== undefined) return refusal.notCompact
  const [headBytes, bodyBytes] = [decode(head), decode(body)]
  if (headBytes === undefined || bodyBytes === undefined || decode(signature) === undefined) return refusal.notCompact
  const [header, claims] = [readObject(headBytes), readObject(bodyBytes)]
  if (header === undefined || claims === undefined) return refusal.notJson
  const judged = readHeader(header)
  return judged instanceof Denial ? judged : { text, header: judged, claims }
}

/** The `iss` claim, read in passing to find the verifier, which then judges the token whole; nothing where there is none. */
export function readIssuer(text: string): unknown {
  if (text.length > maxTokenLength) return undefined
  try {
    return JSON.parse(Buffer.from(text.split('.', 2)[1] ?? '', 'base64url').toString()).iss
  } catch {
    return undefined
  }
}

/** The bytes of canonical base64url: no padding, no other alphabet, no stray bits (RFC 4648 §3.5). */
function decode(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : undefined
}

function readObject(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (!isUtf8(bytes)) return undefined
  const parsed = parseJson(bytes.toString('utf8'))
  if (parsed instanceof JsonFault) return undefined
  const { value } = parsed
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** `crit` and `b64` change how a token is read (RFC 7515 §4.1.11, RFC 7797), `enc` and `zip` make it a JWE, `cty` nests one. */
const refusedMembers = ['crit', 'b64', 'enc', 'zip'] as const

function readHeader(header: Readonly<Record<string, unknown>>): TokenHeader | Denial {
  if (refusedMembers.some((name) => Object.hasOwn(header, name))) return refusal.header
  const { alg, kid, typ, cty } = header
  if (typeof alg !== 'string' || !isOptionalText(kid) || !isOptionalText(typ) || !isOptionalText(cty))
    return refusal.header
  if (cty !== undefined && /jwt$/i.test(cty)) return refusal.header
  return { alg, kid, typ }
}

const isOptionalText = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string'
