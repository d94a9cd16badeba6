/** `jwt`: a bearer token of one of the issuers that are named. */

import { Denial } from '../../core/denial.ts'
import { array, type Infer, object, string, union, word } from '../../schema/builder.ts'
import { readBearer } from './bearer.ts'
import { judgeBinding } from './binding.ts'
import { defineKind } from './kind.ts'
import { compileStepUp, describeStepUp, stepUpOptions } from './step-up.ts'
import { compileVerify } from './verify.ts'

const name = string({ minLength: 1 })

const schema = object(
  {
    'issuers?': array(name, {
      description: 'Whose tokens count here; those of every issuer unless told.',
      minItems: 1,
    }),
    'audience?': union([name, array(name, { minItems: 1 })], {
      description: 'Narrows the audiences of the issuers: the token must carry one of these.',
    }),
    ...stepUpOptions,
    'bind?': word(['mtls'], {
      description:
        'The token counts with the client certificate that its `cnf` claim names, and with no other (RFC 8705).',
    }),
  },
  { description: 'Asks for a bearer token, and says which ones count.' },
)

export type JwtOptions = Infer<typeof schema>

const credentials: readonly string[] = Object.freeze(['authorization'])

export const jwt = defineKind<JwtOptions>({
  schema,
  missing: 'token_missing',
  refuses: ['token_missing', 'token_expired', 'token_invalid', 'keys_unavailable'],
  compile(options, _site, { issuers, clock }) {
    const verify = compileStepUp(options, compileVerify(options, issuers), clock)
    return {
      challenge: 'Bearer',
      credentials,
      judge(exchange) {
        const token = readBearer(exchange.ctx.req.headers.authorization)
        if (token === undefined || token instanceof Denial) return token
        const verdict = verify(token)
        if (options.bind === undefined) return verdict
        const { socket } = exchange.ctx.req
        return verdict instanceof Promise
          ? verdict.then((late) => judgeBinding(late, socket))
          : judgeBinding(verdict, socket)
      },
    }
  },
  describe: ({ issuers }) => ({ kind: 'jwt', issuers }),
  demands: describeStepUp,
})
