/** `session`: the cookie that a browser got from `builtin: { login: cookie }`. */

import { valuesOf } from '../../core/cookie.ts'
import { Denial, deny } from '../../core/denial.ts'
import { StartFault } from '../../core/start-fault.ts'
import { type Infer, object } from '../../schema/builder.ts'
import { forgetSession, sessionChallenge, sessionCookie } from '../../services/identity/session-cookie.ts'
import type { Verified } from '../../services/keys/verifier.ts'
import type { Services } from '../../services/services.ts'
import { defineKind } from './kind.ts'
import { compileStepUp, describeStepUp, stepUpOptions } from './step-up.ts'
import { compileVerify, type Verify } from './verify.ts'

const schema = object(
  { 'maxAge?': stepUpOptions['maxAge?'] },
  { description: 'Asks for the cookie of a session that began with `builtin: { login: cookie }`.' },
)

export type SessionOptions = Infer<typeof schema>

const cookies: readonly string[] = Object.freeze([sessionCookie])

const challenge = ['WWW-Authenticate', sessionChallenge] as const

const severalCookies = deny('credential_invalid', { headers: challenge, cause: 'the session cookie came twice' })
/** The browser is told to let it go: it will never be good again. */
const sessionOver = deny('credential_invalid', {
  headers: [...challenge, 'Set-Cookie', forgetSession],
  cause: 'the session has ended, or never was',
})

export const session = defineKind<SessionOptions>({
  schema,
  missing: 'credential_missing',
  refuses: ['credential_missing', 'credential_invalid', 'rate_limited', 'state_unavailable'],
  compile(options, _site, services) {
    const open = compileStepUp(options, compileOpen(services), services.clock)
    return {
      challenge: sessionChallenge,
      credentials: [],
      cookies,
      judge(exchange) {
        const [token, ...others] = valuesOf(exchange.ctx.req.headers.cookie, sessionCookie)
        if (token === undefined) return undefined
        return others.length === 0 ? open(token, exchange.address) : severalCookies
      },
    }
  },
  describe: () => ({
    kind: 'session',
    in: 'cookie',
    name: sessionCookie,
    description: 'The session of a browser that logged in.',
  }),
  demands: describeStepUp,
})

type Open = (token: string, address: string) => ReturnType<Verify>

/** `check` made sure that there are accounts. */
function compileOpen({ identity, issuers }: Services): Open {
  if (identity === undefined) throw new StartFault('`authenticate: session` needs a `builtin` issuer with `refreshTtl`')
  const { cookies } = identity
  const verify = compileVerify({ issuers: [identity.name] }, issuers)
  return (token, address) => {
    const renew = async () => judgeRenewed(await cookies.renew(token, address), verify)
    const accessToken = cookies.recall(token)
    if (accessToken === undefined) return renew()
    const verdict = verify(accessToken)
    if (verdict instanceof Promise) return verdict.then((late) => (late instanceof Denial ? renew() : late))
    return verdict instanceof Denial ? renew() : verdict
  }
}

/** The store knows what an access token from before does not. */
async function judgeRenewed(accessToken: string | Denial | undefined, verify: Verify): Promise<Verified | Denial> {
  if (accessToken === undefined) return sessionOver
  if (accessToken instanceof Denial) return accessToken
  const verdict = await verify(accessToken)
  if (!(verdict instanceof Denial) || verdict.status !== 401) return verdict
  return deny('credential_invalid', { headers: challenge, cause: verdict.cause ?? verdict.message })
}
