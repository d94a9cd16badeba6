/** The `builtin` destination: the answers that this server gives about itself. */

import { object, union, word } from '../../schema/builder.ts'
import { defineHandler } from '../handler.ts'
import type { Builtin } from './about.ts'
import { docs } from './docs.ts'
import { health } from './health.ts'
import { jwks } from './identity/jwks.ts'
import { login } from './identity/login.ts'
import { loginByCookie } from './identity/login-by-cookie.ts'
import { logout } from './identity/logout.ts'
import { me } from './identity/me.ts'
import { password } from './identity/password.ts'
import { refresh } from './identity/refresh.ts'
import { session } from './identity/session.ts'
import { sessions } from './identity/sessions.ts'
import { metrics } from './metrics.ts'
import { openapi } from './openapi.ts'
import { ready } from './ready.ts'

const builtins = {
  health,
  ready,
  metrics,
  openapi,
  docs,
  login,
  refresh,
  logout,
  password,
  me,
  sessions,
  session,
  jwks,
} as const

type Name = keyof typeof builtins
type Written = Name | { readonly login: 'cookie' }

const all: readonly Builtin[] = [...Object.values(builtins), loginByCookie]
const names = Object.keys(builtins) as readonly Name[]

const schema = union([
  word(names, { description: 'Which of its answers.' }),
  object({
    login: word(['cookie'], {
      description: 'The session is kept in a cookie, for browsers; the answer holds no token.',
    }),
  }),
])

/** Asked before what is written was judged too: a word may be none, or a reference that nothing fills in. */
const impliedBy = (written: Written): Builtin['implies'] => (find(written) as Builtin | undefined)?.implies

const find = (written: Written): Builtin => (typeof written === 'string' ? builtins[written] : loginByCookie)

/** The word for what was written, whichever form it has. */
export const builtinName = (written: unknown): unknown =>
  typeof written === 'object' && written !== null ? Object.keys(written)[0] : written

export const builtin = defineHandler<Written>({
  name: 'builtin',
  summary:
    'Answers about this server itself: whether it is alive and ready, what it counted, what its API is; and lets its accounts in.',
  example: 'builtin: health',
  schema,
  refuses: ['not_found', ...new Set(all.flatMap(({ refusals = [] }) => refusals))],
  implies: (written) => impliedBy(written) ?? {},
  compile: (written, _, services) => find(written).compile(services),
  isVital: (written) => written === 'health' || written === 'ready' || written === 'metrics',
  beginsSession: (written) => find(written) === loginByCookie,
  describe: (written) => ({ answers: find(written).answers, refusals: find(written).refusals ?? [] }),
})
