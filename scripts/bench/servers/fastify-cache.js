/** The Fastify stack with fast-jwt's memory of tokens switched on. */

import { accept, startFastifyStack } from './fastify-stack.js'

await startFastifyStack({ cache: true, handler: accept })
