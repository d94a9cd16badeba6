/** The Fastify stack as its documents write it. */

import { accept, startFastifyStack } from './fastify-stack.js'

await startFastifyStack({ cache: false, handler: accept })
