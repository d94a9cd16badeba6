/** The ways to authenticate that the block can name. */

import { array, type Infer, object, string, union, word } from '../../schema/builder.ts'

const name = string({ minLength: 1 })

const jwtSchema = object({
  'issuers?': array(name, { description: 'Whose tokens count here; those of every issuer unless told.', minItems: 1 }),
  'audience?': union([name, array(name, { minItems: 1 })], {
    description: 'Narrows the audiences of the issuers: the token must carry one of these.',
  }),
})

const methodSchema = union([word(['public', 'jwt']), object({ jwt: jwtSchema })])

/** One way, or several of which the first credential that is present decides. */
export const authenticateSchema = union([
  word(['public', 'jwt']),
  object({ jwt: jwtSchema }),
  array(methodSchema, { minItems: 1 }),
])

export type AuthenticateBlock = Infer<typeof authenticateSchema>
export type JwtOptions = Infer<typeof jwtSchema>
type Method = Infer<typeof methodSchema>

/** The block as a list. */
export const methodsOf = (block: AuthenticateBlock): readonly Method[] => (isList(block) ? block : [block])

const isList = (block: AuthenticateBlock): block is readonly Method[] => Array.isArray(block)

/** What the block says of tokens; nothing where none are read. */
export function jwtOptions(methods: readonly Method[]): JwtOptions | undefined {
  const jwt = methods.find((method) => method !== 'public')
  return jwt === 'jwt' ? {} : jwt?.jwt
}
