/** The literal table of guards, outermost first: the order of their blocks in documents and tables. */

import { authenticate } from './authenticate/authenticate.ts'
import { authorize } from './authorize/authorize.ts'
import { cors } from './cors/cors.ts'
import type { Guard } from './guard.ts'
import { headers } from './headers/headers.ts'
import { input } from './input/input.ts'
import { network } from './network.ts'
import { rateLimit } from './rate-limit/rate-limit.ts'
import { scopes } from './scopes.ts'
import { timeout } from './timeout.ts'

/** A guard whose block type is known only to itself. */
type AnyGuard = Guard<never>

const table = [headers, cors, network, authenticate, rateLimit, scopes, input, authorize, timeout] as const satisfies readonly AnyGuard[]

/** By name; blocks reach their guard only after its own schema judged them. */
export const guards: readonly Guard[] = table as readonly AnyGuard[] as readonly Guard[]
