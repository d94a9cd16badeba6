/** `signature`: webhooks that prove who sent them by an HMAC of the raw body. */

import { Denial, deny } from '../../../core/denial.ts'
import type { Exchange } from '../../../core/exchange.ts'
import type { Principal } from '../../../core/principal.ts'
import type { Site } from '../../../core/site.ts'
import type { Services } from '../../../services/services.ts'
import { type Admitted, defineKind } from '../kind.ts'
import { checkSignature } from './check-signature.ts'
import { type Keys, openKeys } from './keys.ts'
import { type SignatureOptions, secretsOf, signatureSchema, timePlace } from './options.ts'
import { prove } from './prove.ts'
import { type Claimed, compileReader, Misread } from './read-signature.ts'
import { compileSeen, type MarkSeen } from './seen.ts'
import { type Piece, readSignedText } from './signed-text.ts'

/** The issuer of all callers that are known by a signature. */
export const signatureIssuer = 'urn:portcullis:signature'

export type { SignatureOptions } from './options.ts'

export const signature = defineKind<SignatureOptions>({
  schema: signatureSchema,
  missing: 'credential_missing',
  refuses: ['credential_invalid', 'body_too_large', 'request_malformed'],
  check: checkSignature,
  compile(options, site, services) {
    const read = compileReader(options)
    const judge = new SignatureJudge(options, site, services)
    const name = options.header.toLowerCase()
    return {
      challenge: judge.challenge,
      credentials: Object.freeze([name]),
      judge(exchange) {
        if (exchange.ctx.req.headers[name] === undefined) return undefined
        const claimed = read(exchange.ctx.req.headers, services.clock.now())
        return claimed instanceof Misread ? judge.refuse(claimed.message) : judge.judge(exchange, claimed)
      },
    }
  },
  describe: (options) => ({
    kind: 'signature',
    in: 'header',
    name: options.header,
    description: describe(options),
  }),
})

function describe(options: SignatureOptions): string {
  const text = readSignedText(options)
    .map((piece) => ('text' in piece ? piece.text : `{${piece.part}}`))
    .join('')
  const after = options.prefix === undefined ? '' : `, after \`${options.prefix}\``
  return `HMAC-SHA-256 of \`${text}\`, in ${options.encoding ?? 'hex'}${after}.`
}

class SignatureJudge {
  readonly challenge: string
  readonly #keys: Keys
  readonly #pieces: readonly Piece[]
  readonly #maxBytes: number
  readonly #markSeen: MarkSeen | undefined
  readonly #admitted: Admitted
  readonly #denials = new Map<string, Denial>()

  constructor(options: SignatureOptions, site: Site, services: Services) {
    const time = timePlace(options)
    this.challenge = `Signature header="${options.header}"`
    this.#keys = openKeys(secretsOf(options), services)
    this.#pieces = readSignedText(options)
    this.#maxBytes = site.route.maxBytes ?? services.maxBodyBytes
    this.#markSeen = time && compileSeen(time.tolerance, services.counters)
    this.#admitted = { principal: principalOf(options, site) }
  }

  async judge({ body }: Exchange, claimed: Claimed): Promise<Admitted | Denial> {
    const bytes = body.present ? await body.read(this.#maxBytes) : empty
    if (bytes instanceof Denial) return bytes
    const proved = await prove(this.#keys(), { pieces: this.#pieces, claimed, body: bytes })
    if (proved === undefined) return this.refuse('the signature is not that of the body under any of the secrets')
    const isFirst = this.#markSeen === undefined || (await this.#markSeen(proved))
    return isFirst ? this.#admitted : this.refuse('the request was sent before')
  }

  /** One for each cause. */
  refuse(cause: string): Denial {
    const known = this.#denials.get(cause)
    if (known !== undefined) return known
    const denial = deny('credential_invalid', { headers: ['WWW-Authenticate', this.challenge], cause })
    this.#denials.set(cause, denial)
    return denial
  }
}

const empty = Buffer.alloc(0)

const principalOf = ({ name }: SignatureOptions, { route: { service, method, path } }: Site): Principal =>
  Object.freeze({
    id: name ?? `${service}/${method} ${path}`,
    issuer: signatureIssuer,
    scopes: Object.freeze([]),
    roles: Object.freeze([]),
    claims: Object.freeze({}),
  })
