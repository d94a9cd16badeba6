import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import Koa, { type Context } from 'koa'
import { EnforcingKoa } from '../../src/enforce/enforcing-koa.ts'

async function ask(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  t.teardown(() => void server.close().closeAllConnections())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a`)).text()
}

/** Tells the status that handlers start from, and who listens to the response. */
const tell = ({ res }: Pick<Context, 'res'>): void => void res.end(`${res.statusCode} ${res.listenerCount('finish')}`)

const enforce = (ctx: Context): undefined => {
  ctx.respond = false
  tell(ctx)
}

test('answers by itself, with a context that found nothing yet and no listeners but those of node', async (t) => {
  const plain = await ask(t, (_, res) => tell({ res }))
  t.is(await ask(t, new EnforcingKoa(enforce).callback()), plain.replace('200', '404'))
})

test('answers a promise as well', async (t) => {
  const late = async (ctx: Context) => void setImmediate(enforce, ctx)
  t.regex(await ask(t, new EnforcingKoa(late).callback()), /^404/)
})

test('is middleware for another app', async (t) => {
  const outer = new Koa()
  for (const middleware of new EnforcingKoa(enforce).middleware) outer.use(middleware)
  t.regex(await ask(t, outer.callback()), /^404/)
})
