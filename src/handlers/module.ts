/** The `handler` destination: a function of the API's own code, in the shape of Koa's middleware. */

import type { Context } from 'koa'
import type { Answer } from '../core/answer.ts'
import { Denial } from '../core/denial.ts'
import type { Exchange } from '../core/exchange.ts'
import { hasReference } from '../core/expression.ts'
import { isThenable } from '../core/thenable.ts'
import { string } from '../schema/builder.ts'
import { importFunction, moduleFault, modulePattern } from '../services/modules.ts'
import { readAnswer, readThrown } from './context-answer.ts'
import { guardBodies } from './guard-bodies.ts'
import { defineHandler } from './handler.ts'
import type { RouteHandler, RouteState } from './route-handler.ts'

const next = (): Promise<void> => Promise.resolve()

/** Shows the handler the request as the guards judged it, not as the connection brought it. */
function prepare(exchange: Exchange): Context {
  const { ctx, path, address, input, secure } = exchange
  const query = exchange.sanitisedQuery ?? exchange.query
  guardBodies(ctx.app)
  ctx.req.url = query === '' ? path : `${path}?${query}`
  ctx.request.ip = address
  ctx.params = input.params
  const state: RouteState = {
    principal: exchange.principal,
    input,
    resource: exchange.resource,
    requestId: exchange.requestId,
  }
  Object.assign(ctx.state, state)
  if (ctx.secure !== secure) Object.defineProperty(ctx.request, 'protocol', { value: secure ? 'https' : 'http' })
  return ctx
}

function run(handle: RouteHandler, ctx: Context): Answer | Denial | Promise<Answer | Denial> {
  try {
    const running = handle(ctx, next)
    if (!isThenable(running)) return readAnswer(ctx)
    return Promise.resolve(running).then(
      () => readAnswer(ctx),
      (error: unknown) => readThrown(error, ctx),
    )
  } catch (error) {
    return readThrown(error, ctx)
  }
}

export const handler = defineHandler<string>({
  name: 'handler',
  summary: 'Calls a function of your own code, in this process.',
  example: 'handler: ./orders.ts#list',
  schema: string({
    pattern: modulePattern,
    title: 'a module and one of its exports',
    examples: ['./orders.ts#list'],
    description: 'The module, relative to the policy file, and the function that it exports.',
  }),
  refuses: ['not_found', 'upstream_timeout', 'internal_error'],
  rules: {
    'handler/no-module': {
      severity: 'error',
      cause: 'The file that answers this route is not there.',
      hint: 'write the path as seen from this policy file: `./orders.ts#list`',
    },
  },
  check(reference, { folder }) {
    const message = hasReference(reference) ? undefined : moduleFault(reference, folder)
    return message === undefined ? [] : [{ rule: 'handler/no-module', path: [], message }]
  },
  async compile(reference, { folder }) {
    const handle = (await importFunction(reference, folder)) as RouteHandler
    return function moduleDestination(exchange) {
      const { body } = exchange
      const stream = body.present && !body.taken ? body.stream() : undefined
      return stream instanceof Denial ? stream : run(handle, prepare(exchange))
    }
  },
})
