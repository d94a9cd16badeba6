/** What the admin listener takes back: the tokens of a user or a session, or one token, of an issuer of the policies in force. */

import type { Ready } from '../app.ts'
import type { Body } from '../core/body.ts'
import { Denial, deny } from '../core/denial.ts'
import { JsonFault, parseJson } from '../core/json.ts'
import { type Infer, object, string, word } from '../schema/builder.ts'
import { compileSchema } from '../schema/compile.ts'
import { toPointer } from '../schema/pointer.ts'
import { issuerClaim } from '../services/keys/issuer.ts'
import { type Reach, RevocationsFull } from '../services/revocation/revocation.ts'
import { revoke } from '../services/revocation/revoke.ts'
import type { World } from '../services/services.ts'

const name = string({ minLength: 1, maxLength: 1_024 })

const askedSchema = object({
  kind: word(['user', 'session', 'token']),
  /** Its name in the policies. */
  issuer: name,
  id: name,
  'until?': string({ format: 'date-time' }),
  'operator?': object({ user: name, 'sudo?': name, host: name }),
})

/** What is asked for, as it is sent. */
export type Asked = Infer<typeof askedSchema>

/** How far it has come, or why it was not done; as it goes from one process to another. */
export type Told = { readonly reach: Reach } | { readonly fault: 'issuer' | 'full' }

const validator = compileSchema(askedSchema)
/** Bytes. */
const longest = 8_192

/** The order of a call, or what is wrong with it. */
export async function readAsked(body: Body | undefined): Promise<Asked | Denial> {
  const bytes = (await body?.read(longest)) ?? Buffer.alloc(0)
  if (bytes instanceof Denial) return bytes
  const parsed = parseJson(bytes.toString('utf8'))
  if (parsed instanceof JsonFault) return deny('input_invalid', { cause: parsed.message })
  const checked = validator.check(parsed.value)
  if (checked.errors === undefined) return checked.value
  const details = checked.errors.map(({ path, rule, message }) => ({
    in: 'body' as const,
    path: toPointer(path),
    rule,
    message,
  }))
  return deny('input_invalid', { details })
}

/** Takes back what it is asked to, in the process that serves. */
export class Revoking {
  readonly #world: World
  #issuers: Ready['issuers'] = []

  constructor(world: World) {
    this.#world = world
  }

  /** The policies in force by now. */
  follow({ issuers }: Pick<Ready, 'issuers'>): void {
    this.#issuers = issuers
  }

  async run({ kind, id, until, operator, ...asked }: Asked): Promise<Told> {
    const issuer = this.#issuers.find((known) => known.name === asked.issuer)
    const state = this.#world.stores.opened
    if (issuer === undefined || state === undefined) return { fault: 'issuer' }
    const order = { kind, id, issuer: issuerClaim(issuer.name, issuer.value), operator } as const
    const times = until === undefined ? {} : { until: Date.parse(until) }
    try {
      return { reach: await revoke({ ...order, ...times }, { ...this.#world, ...state }) }
    } catch (error) {
      if (error instanceof RevocationsFull) return { fault: 'full' }
      throw error
    }
  }
}
