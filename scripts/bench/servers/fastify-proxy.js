/** The Fastify stack in front of an upstream: @fastify/reply-from, which is what @fastify/http-proxy runs. */

import replyFrom from '@fastify/reply-from'
import { upstream } from '../agreed.ts'
import { startFastifyStack } from './fastify-stack.js'

/** The upstream is told who calls, and not by which token. */
const rewriteRequestHeaders = ({ user }, { authorization: _, ...headers }) => ({ ...headers, 'x-user-id': user.sub })

await startFastifyStack({
  cache: true,
  register: (app) => app.register(replyFrom, { base: upstream, undici: { connections: 64 } }),
  handler: (req, reply) => reply.from(req.url, { rewriteRequestHeaders }),
})
