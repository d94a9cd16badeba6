import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import type { Denial } from '../../src/core/denial.ts'
import type { Exchange } from '../../src/core/exchange.ts'
import { StartFault } from '../../src/core/start-fault.ts'
import { type AuthorizeBlock, authorize } from '../../src/guards/authorize/authorize.ts'
import { type ResourceLoader, supplyByLoader } from '../../src/guards/authorize/resource.ts'
import { compileSchema } from '../../src/schema/compile.ts'
import { compileRoles } from '../../src/services/roles/roles.ts'
import type { RoleRule } from '../../src/services/roles/rule.ts'
import type { Services } from '../../src/services/services.ts'
import { exchangeOf } from '../helpers/exchange.ts'
import { siteOf } from '../helpers/guard-host.ts'

type Section = Readonly<Record<string, readonly RoleRule[]>>
type Decide = (exchange: Exchange) => Denial | undefined | Promise<Denial | undefined>

const section: Section = {
  customer: [{ can: 'read', subject: 'Order', when: { ownerId: '${user.id}' } }],
  support: [{ can: 'read', subject: 'Order', fields: ['id', 'status'] }],
  admin: [{ can: 'manage', subject: 'all' }],
  banned: [{ cannot: 'manage', subject: 'all', because: 'banned' }],
  anonymous: [{ can: 'read', subject: 'Catalogue' }],
}

const read: AuthorizeBlock = { action: 'read', subject: 'Order' }

async function compile(block: AuthorizeBlock, folder = '/'): Promise<Decide> {
  const services = { roles: compileRoles(section) } as unknown as Services
  const { steps = [] } = await authorize.compile(block, { ...siteOf(), folder }, services)
  const [step] = steps
  if (step === undefined || steps.length > 1) throw new TypeError('expected one step')
  return (exchange) => step.decide(exchange)
}

async function folderOf(t: ExecutionContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-authorize-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'orders.mjs'), text)
  return folder
}

const as = (...roles: string[]) => ({ principal: { roles } })

test('stands at its gate and names its line', async (t) => {
  const { steps } = await authorize.compile(read, siteOf(), { roles: compileRoles({}) } as unknown as Services)
  t.like(steps?.[0], { guard: 'authorize', gate: 'authorize', source: { file: 'test.yaml', line: 1 } })
})

test('lets the roles of the principal decide, at once where nothing is loaded', async (t) => {
  const decide = await compile({ ...read, resource: { ownerId: '${params.owner}' } })
  const input = { params: { owner: 'u1' } }
  t.is(decide(exchangeOf({ ...as('customer'), input })), undefined)
  t.is(decide(exchangeOf({ ...as('admin') })), undefined)
  t.like(decide(exchangeOf({ ...as('customer'), input: { params: { owner: 'u2' } } })), {
    code: 'forbidden',
    status: 403,
  })
  t.like(decide(exchangeOf({ ...as('customer') })), { code: 'forbidden' })
  t.like(decide(exchangeOf({ ...as('nobody'), input })), { code: 'forbidden' })
  t.like(decide(exchangeOf({ ...as('admin', 'banned'), input })), {
    code: 'forbidden',
    message: 'Forbidden',
    cause: 'banned',
  })
})

test('has a role for callers without a credential', async (t) => {
  t.is((await compile({ action: 'read', subject: 'Catalogue' }))(exchangeOf(as('anonymous'))), undefined)
  t.like((await compile(read))(exchangeOf(as('anonymous'))), { code: 'forbidden' })
})

test('tells the handler what the attributes are, without those that have no value', async (t) => {
  const decide = await compile({
    ...read,
    resource: { ownerId: '${params.owner}', shop: 'main', open: true, size: 3, none: '${query.none}' },
  })
  const exchange = exchangeOf({ ...as('admin'), input: { params: { owner: 'u1' } } })
  decide(exchange)
  t.deepEqual(exchange.resource, { ownerId: 'u1', shop: 'main', open: true, size: 3 })
})

test('leaves the resource unset where the route names none', async (t) => {
  const exchange = exchangeOf(as('admin'))
  t.is((await compile(read))(exchange), undefined)
  t.is(exchange.resource, undefined)
})

test('asks for the one field that the route touches', async (t) => {
  t.is((await compile({ ...read, field: 'status' }))(exchangeOf(as('support'))), undefined)
  t.like((await compile({ ...read, field: 'total' }))(exchangeOf(as('support'))), { code: 'forbidden' })
  t.like((await compile(read))(exchangeOf(as('support'))), { code: 'forbidden' })
})

test('hides what it refuses', async (t) => {
  const denial = (await compile({ ...read, hide: true }))(exchangeOf(as('banned')))
  t.like(denial, { code: 'not_found', status: 404, message: 'Not found', cause: 'banned' })
})

test('takes roles of the tenant in place of those of the principal', async (t) => {
  const decide = await compile({ ...read, roles: '${user.claims.orgs[params.org]}' })
  const claims = JSON.parse('{"orgs":{"acme":["admin"],"one":"admin","odd":[1,"admin"],"none":[],"__proto__":["x"]}}')
  const ask = (org: unknown) =>
    decide(exchangeOf({ principal: { roles: ['admin'], claims }, input: { params: { org } } }))
  for (const org of ['acme', 'one', 'odd']) t.is(ask(org), undefined)
  for (const org of ['none', 'other', 'constructor', '__proto__', undefined, ['acme']])
    t.like(ask(org), { code: 'forbidden' })
})

test('loads the resource with a function of the user', async (t) => {
  const folder = await folderOf(
    t,
    'export const find = async ({ params, principal, address, requestId, input }) => ({ id: params.id, ownerId: principal.id, address, requestId, q: input.query.q })',
  )
  const decide = await compile({ ...read, resource: './orders.mjs#find' }, folder)
  const exchange = exchangeOf({ ...as('customer'), input: { params: { id: 'o1' }, query: { q: 1 } } })
  t.is(await decide(exchange), undefined)
  t.deepEqual(exchange.resource, { id: 'o1', ownerId: 'u1', address: '192.0.2.1', requestId: 'r1', q: 1 })
})

test('refuses by what the loader found', async (t) => {
  const decide = await compile(
    { ...read, resource: './orders.mjs#find' },
    await folderOf(t, "export const find = () => ({ ownerId: 'u2' })"),
  )
  t.like(await decide(exchangeOf(as('customer'))), { code: 'forbidden' })
  t.is(decide(exchangeOf(as('admin'))), undefined)
})

const load = (loader: ResourceLoader, exchange = exchangeOf()) => supplyByLoader('./orders.ts#find', loader)(exchange)

test('answers not_found where the loader finds nothing, as a hidden refusal does', async (t) => {
  const hidden = (await compile({ ...read, hide: true }))(exchangeOf())
  for (const loader of [() => null, () => undefined, async () => null, async () => undefined] as const) {
    const denial = await load(loader)
    t.like(denial, { code: 'not_found', status: 404 })
    t.is(denial?.message, (await hidden)?.message)
  }
})

test('throws what the loader throws, at once or later', async (t) => {
  const broken = () => {
    throw new RangeError('no database')
  }
  t.throws(() => load(broken), { instanceOf: RangeError })
  await t.throwsAsync(async () => load(async () => broken()), { instanceOf: RangeError })
})

for (const [name, found] of Object.entries({
  text: 'x',
  number: 0,
  list: [],
  false: false,
  function: () => ({}),
  date: new Date(0),
  map: new Map(),
  instance: new (class Order {})(),
})) {
  test(`takes a ${name} from the loader for a bug`, async (t) => {
    t.throws(() => load((() => found) as unknown as ResourceLoader), { message: /expected a plain object or null/ })
    await t.throwsAsync(async () => load((async () => found) as unknown as ResourceLoader), {
      message: /expected a plain object or null/,
    })
  })
}

test('accepts an object without a prototype, and anything that can be awaited', async (t) => {
  const exchange = exchangeOf()
  const bare = Object.assign(Object.create(null), { ownerId: 'u1' })
  t.is(
    load(() => bare, exchange),
    undefined,
  )
  t.is(exchange.resource, bare)
  const query: PromiseLike<{ ownerId: string }> = runInNewContext('Promise.resolve(found)', {
    found: { ownerId: 'u3' },
  })
  t.is(await load(() => query, exchange), undefined)
  t.deepEqual(exchange.resource, { ownerId: 'u3' })
})

test('does not wait for a loader longer than for the head of the answer', async (t) => {
  const exchange = exchangeOf()
  exchange.timeout = { head: 5, idle: 5 }
  t.like(await load(() => new Promise(() => {}), exchange), {
    code: 'upstream_timeout',
    cause: 'loader `./orders.ts#find` did not answer in time',
  })
  t.is(exchange.resource, undefined)
})

test('outlives a loader that finds, or fails, too late', async (t) => {
  for (const end of ['resolve', 'reject'] as const) {
    const exchange = exchangeOf()
    exchange.timeout = { head: 5, idle: 5 }
    const found = Promise.withResolvers<{ ownerId: string }>()
    t.like(await load(() => found.promise, exchange), { code: 'upstream_timeout' })
    found[end]({ ownerId: 'u1' })
    await new Promise((turn) => setImmediate(turn))
    t.is(exchange.resource, undefined)
  }
})

test('does not start with a loader that is none', async (t) => {
  const folder = await folderOf(t, 'export const find = 1')
  await t.throwsAsync(() => compile({ ...read, resource: './orders.mjs#find' }, folder), { instanceOf: StartFault })
  await t.throwsAsync(() => compile({ ...read, resource: './orders.mjs#found' }, folder), { instanceOf: StartFault })
})

const check = (block: Partial<AuthorizeBlock>) => authorize.check?.({ ...read, ...block }, siteOf()) ?? []

for (const block of [
  {},
  { resource: { ownerId: '${params.id}', shop: 'main', n: 3 } },
  { resource: { ownerId: '${env:OWNER}' }, roles: '${env:ROLES}' },
  { resource: '${value:LOADER}' },
  { roles: '${user.claims.roles}' },
  { roles: '${user.claims.orgs[params.org]}' },
  { roles: '${user.claims.orgs[resource.org]}' },
] as const) {
  test(`finds no fault in ${JSON.stringify(block)}`, (t) => t.deepEqual(check(block), []))
}

for (const [block, rule, path] of [
  [{ resource: { a: '${nope}' } }, 'authorize/invalid-expression', ['resource', 'a']],
  [{ resource: { a: '${resource.b}' } }, 'authorize/invalid-expression', ['resource', 'a']],
  [{ resource: './none.ts#find' }, 'authorize/loader-missing', ['resource']],
  [{ resource: '${params.id}' }, 'authorize/loader-missing', ['resource']],
  [{ roles: '${user.nope}' }, 'authorize/invalid-expression', ['roles']],
  [{ roles: 'admin' }, 'authorize/foreign-roles', ['roles']],
  [{ roles: '${query.role}' }, 'authorize/foreign-roles', ['roles']],
  [{ roles: '${user.id}' }, 'authorize/foreign-roles', ['roles']],
  [{ roles: '${user.claims[query.claim]}' }, 'authorize/foreign-roles', ['roles']],
  [{ roles: '${user.claims.prefix}-${query.role}' }, 'authorize/foreign-roles', ['roles']],
] as const) {
  test(`finds ${rule} in ${JSON.stringify(block)}`, (t) => {
    t.deepEqual(
      check(block).map((fault) => [fault.rule, [...fault.path]]),
      [[rule, [...path]]],
    )
    t.truthy(authorize.rules?.[rule])
  })
}

test('knows no attribute that is no data, and no word with a comma', (t) => {
  const validator = compileSchema(authorize.schema)
  const pathOf = (block: object) => validator.check(block).errors?.map(({ path }) => path.join('.'))
  t.is(
    pathOf({ ...read, resource: { ownerId: '${params.id}', n: 1, open: true }, field: 'a.b', hide: true }),
    undefined,
  )
  t.deepEqual(pathOf({ ...read, resource: JSON.parse('{"__proto__":1}') }), ['resource.__proto__'])
  t.deepEqual(pathOf({ ...read, resource: { a: [1] } }), ['resource.a'])
  t.deepEqual(pathOf({ action: 'read, write', subject: 'Order' }), ['action'])
  t.deepEqual(pathOf({ ...read, resourse: {} }), ['resourse'])
})
