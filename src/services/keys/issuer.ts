/** The `issuers` section: whose tokens are accepted, with which keys, algorithms and audience. */

import type { Fault } from '../../core/diagnostic.ts'
import { durationPattern, readDuration } from '../../core/duration.ts'
import { hasReference } from '../../core/expression.ts'
import { any, array, type Infer, literal, object, record, string, union } from '../../schema/builder.ts'
import { checkAlgorithms, checkKeys, issuerFault } from './check-keys.ts'
import { jwksSchema } from './jwks-place.ts'
import { shortestRotation, usualRotation } from './stored/key-life.ts'

export { issuerRules } from './issuer-rules.ts'

const name = string({ minLength: 1 })
const duration = { pattern: durationPattern, title: 'a duration' }

/** A member name, or a JSON Pointer (RFC 6901). */
const claimPattern = '^([^/].*|(/([^~/]|~[01])*)+)$'

export const issuerSchema = object({
  'builtin?': literal(true, {
    description:
      'Tokens that this server signs itself; `audience`, `issuer`, `scopes` and times stand beside it, and with `refreshTtl` its `algorithms` and `rotateKeys`.',
  }),
  'issuer?': string({
    description: 'The `iss` claim of its tokens, compared whole.',
    minLength: 1,
    examples: ['https://login.example/'],
  }),
  'audience?': union([name, array(name, { minItems: 1 })], {
    description: 'The `aud` claim that its tokens must carry, or a list of which one suffices; a route may narrow it.',
  }),
  'algorithms?': array(string(), {
    description:
      'The signature algorithms that are accepted: HS256, RS256, PS256, ES256 (and 384, 512) and EdDSA. The token never chooses. A `builtin` issuer signs with keys for the first; `[ES256]` unless told.',
    minItems: 1,
    examples: [['RS256', 'ES256']],
  }),
  'jwks?': jwksSchema,
  'publicKeys?': array(union([name, record(any())]), {
    description: "The issuer's public keys, each as PEM, as a JWK or as the JSON text of one; often `${file:PATH}`.",
    minItems: 1,
    maxItems: 8,
  }),
  'secret?': string({
    description: 'The shared secret of HS algorithms; what follows `base64:` is decoded.',
    minLength: 1,
  }),
  'type?': string({
    description: 'The `typ` that its tokens must carry; unless told, none, `JWT` or `at+jwt`.',
    minLength: 1,
    examples: ['at+jwt'],
  }),
  'leeway?': string({
    ...duration,
    description: 'How far clocks may differ; nothing unless told, 5m at most.',
    examples: ['5s'],
  }),
  'claims?': record(string({ pattern: claimPattern, title: 'a name or a JSON Pointer' }), {
    description: 'Where `id`, `scopes` and `roles` stand in the token, and under which name other claims are wanted.',
    examples: [{ id: 'sub', roles: '/realm_access/roles' }],
  }),
  'scopes?': array(string({ pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$', title: 'a scope' }), {
    description: 'Every scope that it grants; `check` then finds routes that ask for another.',
    uniqueItems: true,
  }),
  'accessTtl?': string({
    ...duration,
    description: 'How long a token of a `builtin` issuer lives; 10m unless told.',
    examples: ['10m'],
  }),
  'refreshTtl?': string({
    ...duration,
    description:
      'Accounts of this server log in with this `builtin` issuer (`builtin: login`), and a session lasts so long at most.',
    examples: ['30d'],
  }),
  'refreshIdle?': string({
    ...duration,
    description:
      'A session that is not refreshed for so long has ended; 14d unless told, never more than `refreshTtl`.',
    examples: ['14d'],
  }),
  'rotateKeys?': string({
    ...duration,
    description:
      'A key of a `builtin` issuer with `refreshTtl` signs so long, and another one takes its place; 30d unless told.',
    examples: ['30d'],
  }),
})

/** One issuer as the policy writes it. */
export type IssuerBlock = Infer<typeof issuerSchema>

/** The `iss` claim of an issuer's tokens; a builtin one that names none has its own URN. */
export const issuerClaim = (name: string, block: IssuerBlock): string => block.issuer ?? `urn:portcullis:${name}`

/** Whether its keys stand in the database, and rotate: those of an issuer whose accounts log in here. */
export const hasStoredKeys = ({ builtin, refreshTtl }: IssuerBlock): boolean =>
  builtin === true && refreshTtl !== undefined

/** The audiences that an issuer, or a route, names as a list. */
export const audiences = ({ audience = [] }: Pick<IssuerBlock, 'audience'>): readonly string[] =>
  typeof audience === 'string' ? [audience] : audience

/** The faults of one issuer beyond its schema, their paths inside the block. */
export function checkIssuer(block: IssuerBlock): readonly Fault[] {
  if (block.builtin) {
    const strangers = judgeStrangers(block, foreign, 'without')
    return [...judgeAudience(block), ...strangers, ...judgeStored(block), ...judgeRotation(block)]
  }
  return [
    ...(block.issuer === undefined ? [issuerFault('issuers/no-issuer', [], 'expected `issuer`')] : []),
    ...judgeAudience(block),
    ...checkKeys(block),
    ...judgeLeeway(block),
    ...judgeStrangers(block, ['accessTtl', 'refreshTtl', 'refreshIdle', 'rotateKeys'], 'with'),
  ]
}

const foreign = ['jwks', 'publicKeys', 'secret', 'type', 'leeway', 'claims'] as const
const maxLeeway = 300_000

const judgeAudience = (block: IssuerBlock): readonly Fault[] =>
  block.audience === undefined ? [issuerFault('issuers/no-audience', [], 'expected `audience`')] : []

/** What only an issuer whose keys are stored can do. */
function judgeStored(block: IssuerBlock): readonly Fault[] {
  if (hasStoredKeys(block)) return checkAlgorithms(block)
  return (['refreshIdle', 'algorithms', 'rotateKeys'] as const)
    .filter((name) => block[name] !== undefined)
    .map((name) => ({
      ...issuerFault('issuers/unexpected-option', [name], 'expected `refreshTtl` beside it'),
      onKey: true,
    }))
}

function judgeRotation(block: IssuerBlock): readonly Fault[] {
  const { rotateKeys = usualRotation, accessTtl } = block
  if (!hasStoredKeys(block)) return []
  if (hasReference(rotateKeys) || (accessTtl !== undefined && hasReference(accessTtl))) return []
  const shortest = shortestRotation(block)
  if (readDuration(rotateKeys) >= shortest) return []
  const seconds = `${Math.ceil(shortest / 1_000)}s`
  return [
    issuerFault(
      'issuers/short-rotation',
      [block.rotateKeys === undefined ? 'accessTtl' : 'rotateKeys'],
      `expected at least \`${seconds}\`, not \`${rotateKeys}\``,
    ),
  ]
}

const judgeStrangers = (
  block: IssuerBlock,
  names: readonly (keyof IssuerBlock)[],
  where: 'with' | 'without',
): readonly Fault[] =>
  names
    .filter((name) => block[name] !== undefined)
    .map((name) => ({
      ...issuerFault('issuers/unexpected-option', [name], `expected \`${name}\` ${where} \`builtin: true\` beside it`),
      onKey: true,
    }))

function judgeLeeway({ leeway }: IssuerBlock): readonly Fault[] {
  if (leeway === undefined || hasReference(leeway) || readDuration(leeway) <= maxLeeway) return []
  return [issuerFault('issuers/long-leeway', ['leeway'], `expected at most \`5m\`, not \`${leeway}\``)]
}
