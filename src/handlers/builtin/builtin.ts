/** The `builtin` destination: the answers that this server gives about itself. */

import { word } from '../../schema/builder.ts'
import { defineHandler } from '../handler.ts'
import { docs } from './docs.ts'
import { health } from './health.ts'
import { jwks } from './identity/jwks.ts'
import { login } from './identity/login.ts'
import { logout } from './identity/logout.ts'
import { me } from './identity/me.ts'
import { password } from './identity/password.ts'
import { refresh } from './identity/refresh.ts'
import { metrics } from './metrics.ts'
import { openapi } from './openapi.ts'
import { ready } from './ready.ts'

const builtins = { health, ready, metrics, openapi, docs, login, refresh, logout, password, me, jwks } as const

type Name = keyof typeof builtins

const names = Object.keys(builtins) as readonly Name[]

export const builtin = defineHandler<Name>({
  name: 'builtin',
  summary:
    'Answers about this server itself: whether it is alive and ready, what it counted, what its API is; and lets its accounts in.',
  example: 'builtin: health',
  schema: word(names, { description: 'Which of its answers.' }),
  refuses: ['not_found', ...new Set(names.flatMap((name) => builtins[name].refusals ?? []))],
  implies: (name) => builtins[name].implies ?? {},
  compile: (name, _, services) => builtins[name].compile(services),
  isVital: (name) => name === 'health' || name === 'ready' || name === 'metrics',
  describe: (name) => ({ answers: builtins[name].answers, refusals: builtins[name].refusals ?? [] }),
})
