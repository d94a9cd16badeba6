/** `apiKey`: a key of an account, in a header of its own. */

import { type Denial, deny } from '../../core/denial.ts'
import { StartFault } from '../../core/start-fault.ts'
import { type Infer, object } from '../../schema/builder.ts'
import type { KeyVerdict } from '../../services/identity/api-key-verifier.ts'
import { checkHeader, headerName } from './credential-header.ts'
import { type Admitted, defineKind } from './kind.ts'

const usualHeader = 'X-API-Key'

const schema = object(
  { 'header?': headerName(`The header that carries the key; \`${usualHeader}\` unless told.`, usualHeader) },
  { description: 'Asks for an API key of an account.' },
)

export type ApiKeyOptions = Infer<typeof schema>

export const apiKey = defineKind<ApiKeyOptions>({
  schema,
  missing: 'credential_missing',
  refuses: ['credential_invalid', 'rate_limited', 'state_unavailable', 'overloaded'],
  check: ({ header }) => checkHeader(header, ['header']),
  compile({ header = usualHeader }, _site, { identity }) {
    if (identity === undefined)
      throw new StartFault('`authenticate: apiKey` needs a `builtin` issuer with `refreshTtl`')
    const { apiKeys } = identity
    const name = header.toLowerCase()
    const challenge = `ApiKey header="${header}"`
    const invalid = deny('credential_invalid', {
      headers: ['WWW-Authenticate', challenge],
      cause: 'the API key is none, is mistyped, was revoked or has expired, or its account is disabled',
    })
    const settle = (verdict: KeyVerdict): Admitted | Denial => verdict ?? invalid
    return {
      challenge,
      credentials: Object.freeze([name]),
      judge({ ctx, address }) {
        const shown = ctx.req.headers[name]
        if (shown === undefined) return undefined
        const verdict = typeof shown === 'string' ? apiKeys.verify(shown, address) : undefined
        return verdict instanceof Promise ? verdict.then(settle) : settle(verdict)
      },
    }
  },
  describe: ({ header = usualHeader }) => ({
    kind: 'apiKey',
    in: 'header',
    name: header,
    description: 'An API key of an account.',
  }),
})
