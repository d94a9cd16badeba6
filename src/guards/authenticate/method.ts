/** The ways to authenticate that the block can name. */

import { array, type Infer, object, string, union, word } from '../../schema/builder.ts'
import type { Path } from '../../schema/schema.ts'

const name = string({ minLength: 1 })
const anyoneOrToken = word(['public', 'jwt'], {
  description: '`public` lets everyone in; `jwt` asks for a bearer token of an issuer.',
})

const jwtSchema = object(
  {
    'issuers?': array(name, {
      description: 'Whose tokens count here; those of every issuer unless told.',
      minItems: 1,
    }),
    'audience?': union([name, array(name, { minItems: 1 })], {
      description: 'Narrows the audiences of the issuers: the token must carry one of these.',
    }),
  },
  { description: 'Asks for a bearer token, and says which ones count.' },
)

const methodSchema = union([anyoneOrToken, object({ jwt: jwtSchema })])

/** One way, or several of which the first credential that is present decides. */
export const authenticateSchema = union([
  anyoneOrToken,
  object({ jwt: jwtSchema }),
  array(methodSchema, {
    minItems: 1,
    description: 'The first credential that is present decides; `public` as the last makes it optional.',
  }),
])

export type AuthenticateBlock = Infer<typeof authenticateSchema>
export type JwtOptions = Infer<typeof jwtSchema>
type WrittenMethod = Infer<typeof methodSchema>

/** One way to authenticate, whichever way it was written. */
export interface Method {
  readonly kind: 'public' | 'jwt'
  /** What the block says of tokens. */
  readonly options: JwtOptions
  /** Where its options stand in the block. */
  readonly path: Path
}

/** The block as a list. */
export const methodsOf = (block: AuthenticateBlock): readonly Method[] =>
  isList(block) ? block.map((method, index) => readMethod(method, [index])) : [readMethod(block, [])]

const isList = (block: AuthenticateBlock): block is readonly WrittenMethod[] => Array.isArray(block)

const readMethod = (method: WrittenMethod, path: Path): Method =>
  typeof method === 'string'
    ? { kind: method, options: {}, path }
    : { kind: 'jwt', options: method.jwt, path: [...path, 'jwt'] }
