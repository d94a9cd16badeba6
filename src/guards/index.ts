/** The literal table of guards, outermost first: the order of their blocks in documents and tables. */

import { audit } from './audit/audit.ts'
import { authenticate } from './authenticate/authenticate.ts'
import { authorize } from './authorize/authorize.ts'
import { concurrency } from './concurrency/concurrency.ts'
import { cors } from './cors/cors.ts'
import { csrf } from './csrf/csrf.ts'
import type { Guard } from './guard.ts'
import { headers } from './headers/headers.ts'
import { input } from './input/input.ts'
import { network } from './network.ts'
import { rateLimit } from './rate-limit/rate-limit.ts'
import { scopes } from './scopes.ts'
import { timeout } from './timeout.ts'

/** By name; a block reaches its guard only after the guard's own schema judged it. */
export const guards: readonly Guard[] = [
  headers,
  cors,
  network,
  authenticate,
  csrf,
  rateLimit,
  scopes,
  input,
  authorize,
  concurrency,
  audit,
  timeout,
]
