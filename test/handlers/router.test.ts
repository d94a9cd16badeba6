import test, { type ExecutionContext } from 'ava'
import { StartFault } from '../../src/core/start-fault.ts'
import { handler } from '../../src/handlers/module.ts'
import { codeOf, type Gate, type GateOptions, having, openGate, siteOf } from './gate.ts'

const folder = new URL('../fixtures/handlers/', import.meta.url).pathname

const open = (t: ExecutionContext, name = 'router', options: GateOptions = {}): Promise<Gate> =>
  openGate(t, [handler, `./routers.ts#${name}`], { ...options, folder })

const input = { params: { rest: 'notes/7' }, query: {}, headers: {}, cookies: {}, body: undefined, files: {} }

test('answers through a router, whose parameters are its own', async (t) => {
  const gate = await open(t, 'router', having({ input }))
  const { status, body } = await gate.send({ path: '/notes/7' })
  t.is(status, 200)
  t.deepEqual(JSON.parse(body), { params: { id: '7' }, input: { rest: 'notes/7' } })
})

test('answers through the routes of a router as through any middleware', async (t) => {
  const { body } = await (await open(t, 'routes')).send({ path: '/notes/7' })
  t.is(JSON.parse(body).params.id, '7')
})

test('answers 404 what the router does not match, in path or in method', async (t) => {
  const gate = await open(t)
  for (const [method, path] of [
    ['GET', '/nowhere'],
    ['DELETE', '/notes/7'],
  ] as const) {
    const answer = await gate.send({ method, path })
    t.deepEqual([answer.status, codeOf(answer)], [404, 'not_found'], path)
  }
})

test('answers what the router throws as for any handler', async (t) => {
  const { status, body } = await (await open(t)).send({ path: '/refused' })
  t.deepEqual([status, body], [409, 'taken already'])
})

test('answers HEAD by the GET of the router', async (t) => {
  const { status, headers, body } = await (await open(t)).send({ method: 'HEAD', path: '/notes/7' })
  t.deepEqual([status, body], [200, ''])
  t.true(Number(headers['content-length']) > 0)
})

test('leaves the checked body where body parsers would', async (t) => {
  const read = async (exchange: Parameters<NonNullable<GateOptions['before']>>[0]) => {
    await exchange.body.read(1000)
    exchange.input.body = { text: 'checked' }
  }
  const gate = await open(t, 'router', { before: read })
  const { status, body } = await gate.send({ method: 'POST', path: '/notes', body: '{"text":" sent "}' })
  t.deepEqual([status, JSON.parse(body)], [201, { body: { text: 'checked' } }])
})

test('takes no object for a router that is none', async (t) => {
  await t.throwsAsync(async () => handler.compile('./routers.ts#notRouter', siteOf({ folder }), {} as never), {
    instanceOf: StartFault,
    message: /expected a function, got `object`/,
  })
})
