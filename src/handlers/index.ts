/** The destinations that a route can have, each under its YAML key. */

import { builtin } from './builtin/builtin.ts'
import type { Handler } from './handler.ts'
import { handler } from './module.ts'
import { reply } from './reply.ts'
import { upstream } from './upstream/upstream.ts'

export const handlers: readonly Handler[] = [upstream, handler, reply, builtin]
