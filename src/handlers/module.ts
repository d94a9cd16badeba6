/** The `handler` destination: a function of the API's own code, in the shape of Koa's middleware. */

import type { Context } from 'koa'
import type { Answer } from '../core/answer.ts'
import type { Denial } from '../core/denial.ts'
import type { Exchange } from '../core/exchange.ts'
import { hasReference } from '../core/expression.ts'
import { isThenable } from '../core/thenable.ts'
import { string } from '../schema/builder.ts'
import { demandFunction, importExport, moduleFault, modulePattern } from '../services/modules.ts'
import { readAnswer, readThrown } from './context-answer.ts'
import { guardBodies } from './guard-bodies.ts'
import { defineHandler } from './handler.ts'
import { handOver, isNext, nextDestination } from './next.ts'
import type { RouteHandler } from './route-handler.ts'
import { showRequest } from './show-request.ts'

const nothingBehind = (): Promise<void> => Promise.resolve()

/** What `@koa/router` exports, and routers made in its image. */
interface Router {
  routes(): RouteHandler
}

const isRouter = (value: unknown): value is Router =>
  typeof value === 'object' && value !== null && 'routes' in value && typeof value.routes === 'function'

type Prepare = (exchange: Exchange) => Context

function prepare(exchange: Exchange): Context {
  guardBodies(exchange.ctx.app)
  return showRequest(exchange)
}

/** A router reads parameters of its own, and takes what it finds for some of them. */
function prepareParams(exchange: Exchange): Context {
  const ctx = prepare(exchange)
  ctx.params = exchange.input.params
  return ctx
}

async function importHandler(reference: string, folder: string): Promise<readonly [RouteHandler, Prepare]> {
  const exported = await importExport(reference, folder)
  if (isRouter(exported)) return [exported.routes(), prepare]
  return [demandFunction(exported, reference) as RouteHandler, prepareParams]
}

function run(handle: RouteHandler, ctx: Context): Answer | Denial | Promise<Answer | Denial> {
  try {
    const running = handle(ctx, nothingBehind)
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
  summary: 'Calls a function or a Koa router of your own code, in this process; or goes on to the app around the gate.',
  example: 'handler: ./orders.ts#list',
  schema: string({
    pattern: `^next$|${modulePattern}`,
    title: 'a module and one of its exports, or `next`',
    examples: ['./orders.ts#list', 'next'],
    description:
      'The module, relative to the policy file, and the function or router that it exports; `next` is the app that the gate is mounted in.',
  }),
  refuses: ['not_found', 'upstream_timeout', 'internal_error'],
  describe: () => ({ refusals: ['upstream_timeout'] }),
  rules: {
    'handler/no-module': {
      severity: 'error',
      cause: 'The file that answers this route is not there.',
      hint: 'write the path as seen from this policy file: `./orders.ts#list`',
    },
    'handler/no-app': {
      severity: 'error',
      cause: 'A gate that runs by itself has no app behind it that a request could go on to.',
      hint: 'mount the gate in your own Koa app, or name a module: `./orders.ts#list`',
    },
  },
  check(reference, { folder }) {
    const message = hasReference(reference) || isNext(reference) ? undefined : moduleFault(reference, folder)
    return message === undefined ? [] : [{ rule: 'handler/no-module', path: [], message }]
  },
  async compile(reference, { folder }) {
    if (isNext(reference)) return nextDestination
    const [handle, prepare] = await importHandler(reference, folder)
    return function moduleDestination(exchange) {
      return handOver(exchange) ?? run(handle, prepare(exchange))
    }
  },
})
