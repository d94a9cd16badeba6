/** The ways to authenticate that the block can name, and the block as a list of them. */

import { array, type Infer, object, union, word } from '../../schema/builder.ts'
import type { Path } from '../../schema/schema.ts'
import { type ApiKeyOptions, apiKey } from './api-key.ts'
import { type JwtOptions, jwt } from './jwt.ts'
import type { Kind } from './kind.ts'
import { type MtlsOptions, mtls } from './mtls.ts'
import { type SessionOptions, session } from './session.ts'
import { type SignatureOptions, signature } from './signature/signature.ts'

/** What each kind is told. */
export interface Options {
  readonly jwt: JwtOptions
  readonly apiKey: ApiKeyOptions
  readonly session: SessionOptions
  readonly mtls: MtlsOptions
  readonly signature: SignatureOptions
}

/** Every kind of credential, by the word that a policy writes. */
export const kinds: { readonly [K in keyof Options]: Kind<Options[K]> } = { jwt, apiKey, session, mtls, signature }

const bare = word(['public', 'jwt', 'apiKey', 'session', 'mtls'], {
  description:
    '`public` lets everyone in; `jwt` asks for a bearer token of an issuer, `apiKey` for a key of an account, `session` for the cookie of a browser that logged in, `mtls` for a client certificate.',
})

const withOptions = object(
  {
    'jwt?': jwt.schema,
    'apiKey?': apiKey.schema,
    'session?': session.schema,
    'mtls?': mtls.schema,
    'signature?': signature.schema,
  },
  { minProperties: 1, maxProperties: 1 },
)

/** One way, or several of which the first credential that is present decides. */
export const authenticateSchema = union([
  bare,
  withOptions,
  array(union([bare, withOptions]), {
    minItems: 1,
    description: 'The first credential that is present decides; `public` as the last makes it optional.',
  }),
])

export type AuthenticateBlock = Infer<typeof authenticateSchema>
type WrittenMethod = Infer<typeof bare> | Infer<typeof withOptions>

/** One way that asks for a credential, whichever way it was written. */
export interface MethodOf<K extends keyof Options> {
  readonly kind: K
  readonly options: Options[K]
  /** Where its options stand in the block. */
  readonly path: Path
}

/** One way to authenticate. */
export type Method =
  | { readonly kind: 'public'; readonly path: Path }
  | { readonly [K in keyof Options]: MethodOf<K> }[keyof Options]

/** The block as a list. */
export const methodsOf = (block: AuthenticateBlock): readonly Method[] =>
  isList(block) ? block.map((method, index) => readMethod(method, [index])) : [readMethod(block, [])]

const isList = (block: AuthenticateBlock): block is readonly WrittenMethod[] => Array.isArray(block)

function readMethod(method: WrittenMethod, path: Path): Method {
  if (method === 'public') return { kind: method, path }
  if (typeof method === 'string') return { kind: method, options: {}, path }
  const [[kind, options] = ['jwt', {}]] = Object.entries(method) as [keyof Options, Options[keyof Options]][]
  return { kind, options, path: [...path, kind] } as Method
}

/** Whether it asks for a credential. */
export const asks = (method: Method): method is Exclude<Method, { readonly kind: 'public' }> => method.kind !== 'public'
