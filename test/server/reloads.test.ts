import test from 'ava'
import type { Ready } from '../../src/app.ts'
import { StartFault } from '../../src/core/start-fault.ts'
import { PolicyRefused } from '../../src/policy/findings.ts'
import { readSettings, type WrittenSettings } from '../../src/policy/settings.ts'
import { Reloads, reloadsOf } from '../../src/server/reloads.ts'
import { createLog } from '../../src/services/log.ts'
import { until } from '../helpers/until.ts'

interface Line {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

const readyOf = (digest: string, settings: WrittenSettings = {}, identity = {}) =>
  ({
    policy: { digest, settings: readSettings(settings) },
    routes: [{}, {}],
    issuers: [{ name: 'shop', value: { builtin: true, ...identity } }],
    warnings: [],
    files: [],
  }) as unknown as Ready

/** An app whose reloads end as the test says, one after another. */
function bench() {
  const lines: Line[] = []
  const write = (line: string) => void lines.push(JSON.parse(line))
  const log = createLog({ pretty: false, level: 'debug', destination: { write } })
  const running: PromiseWithResolvers<Ready>[] = []
  const [loaded, counts]: [string[], { now: number; most: number; all: number }] = [[], { now: 0, most: 0, all: 0 }]
  const reload = async () => {
    counts.all++
    counts.most = Math.max(counts.most, ++counts.now)
    const end = Promise.withResolvers<Ready>()
    running.push(end)
    return end.promise.finally(() => counts.now--)
  }
  const reloads = new Reloads(log, ({ policy }) => void loaded.push(policy.digest))
  const begin = () => reloads.begin(reloadsOf({ ...readyOf('one'), reload }))
  const end = async (result: Ready | Error) => {
    await until(() => running.length > 0)
    const ending = running.shift()
    if (result instanceof Error) ending?.reject(result)
    else ending?.resolve(result)
    await until(() => counts.now === 0 || running.length > 0)
    await new Promise(setImmediate)
  }
  return { reloads, lines, counts, loaded, begin, end }
}

const texts = (lines: readonly Line[]) => lines.map(({ level, msg }) => `${level} ${msg}`)
const unchanged = 'info policies unchanged; the files and secrets they name were read again'

test('one reload runs at a time, and all who ask meanwhile share one more', async (t) => {
  const { reloads, counts, begin, end } = bench()
  begin()
  for (let index = 0; index < 100; index++) reloads.ask(index % 2 === 0 ? 'signal' : 'watch')
  await end(readyOf('two'))
  await end(readyOf('two'))
  t.deepEqual(counts, { now: 0, most: 1, all: 2 })
})

test('what is asked for before there is an app is done as soon as there is one', async (t) => {
  const { reloads, lines, counts, begin, end } = bench()
  reloads.ask('watch')
  reloads.ask('signal')
  reloads.ask('watch')
  t.is(counts.all, 0)
  begin()
  await end(readyOf('one'))
  t.deepEqual([counts.all, texts(lines)], [1, [unchanged]])
})

test('says what is in force; of the same policies only to who asked by a signal', async (t) => {
  const { reloads, lines, loaded, begin, end } = bench()
  begin()
  for (const [cause, digest] of [
    ['watch', 'one'],
    ['watch', 'two'],
    ['signal', 'two'],
    ['signal', 'one'],
  ] as const) {
    reloads.ask(cause)
    await end(readyOf(digest))
  }
  t.deepEqual(texts(lines), ['info policies reloaded', unchanged, 'info policies reloaded'])
  t.like(lines[0], { digest: 'two', routes: 2 })
  t.deepEqual(loaded, ['one', 'two', 'two', 'one'])
})

test('says where each error stands, of many the first, and what is in force again', async (t) => {
  const { reloads, lines, begin, end } = bench()
  begin()
  const found = Array.from({ length: 500 }, (_, index) => ({
    ...{ file: 'a.yaml', line: index + 1, column: 3, endLine: index + 1, endColumn: 4 },
    ...{
      rule: 'policy/wrong-type',
      severity: index === 0 ? ('warning' as const) : ('error' as const),
      message: `no ${index}`,
      hint: '',
    },
  }))
  reloads.ask('watch')
  await end(new PolicyRefused(found))
  t.is(lines.length, 21)
  t.like(lines[0], { level: 'error', rule: 'policy/wrong-type', place: 'a.yaml:2:3', msg: 'no 1' })
  t.like(lines[20], { level: 'error', errors: 499, msg: 'policies refused; the policies from before stay in force' })
  reloads.ask('watch')
  await end(readyOf('one'))
  t.is(texts(lines).at(-1), 'info policies reloaded')
})

test('tells what the machine lacks in words, and what is our fault with its cause', async (t) => {
  const { reloads, lines, begin, end } = bench()
  begin()
  for (const error of [new StartFault('no key'), new TypeError('a bug')]) {
    reloads.ask('signal')
    await end(error)
  }
  t.like(lines[0], { level: 'error', msg: 'policies not reloaded: no key; the policies from before stay in force' })
  t.like(lines[1], {
    level: 'error',
    msg: 'policies not reloaded; the policies from before stay in force',
    err: { message: 'a bug' },
  })
})

test('warns of what only a restart changes', async (t) => {
  const { reloads, lines, begin, end } = bench()
  begin()
  reloads.ask('signal')
  await end(readyOf('two', { listen: { port: 9 }, limits: { connections: 9 } }))
  t.deepEqual(texts(lines).slice(1), ['warn only a restart changes `settings.listen`, `settings.limits.connections`'])
})

test('warns of another database, or other keys of its fields, once accounts have opened one', async (t) => {
  const { reloads, lines, begin, end } = bench()
  begin()
  const key = (letter: string) => `base64:${Buffer.alloc(32, letter).toString('base64')}`
  const accounts = { refreshTtl: '30d' }
  const reload = async (database: NonNullable<WrittenSettings['database']>, identity: object = accounts) => {
    lines.length = 0
    reloads.ask('signal')
    await end(readyOf('two', { database }, identity))
    return texts(lines).slice(1)
  }
  const warning = ['warn only a restart changes `settings.database`']
  t.deepEqual(await reload('sqlite:a.db', {}), [])
  t.deepEqual(await reload({ url: 'sqlite:b.db', fieldKeys: [key('k')] }), [])
  t.deepEqual(await reload({ url: 'sqlite:b.db', fieldKeys: [key('k')] }), [])
  t.deepEqual(await reload({ url: 'sqlite:c.db', fieldKeys: [key('k')] }), warning)
  t.deepEqual(await reload({ url: 'sqlite:b.db', fieldKeys: [key('l'), key('k')] }), warning)
  t.deepEqual(await reload({ url: 'sqlite:b.db', fieldKeys: [key('k')] }), [])
})

test('does nothing more once it is closed, and speaks of nothing that ends later', async (t) => {
  const { reloads, lines, counts, loaded, begin, end } = bench()
  begin()
  reloads.ask('signal')
  reloads.ask('signal')
  reloads.close()
  await end(readyOf('two'))
  reloads.ask('signal')
  t.deepEqual([counts.all, lines, loaded], [1, [], []])
})

test('tells all who ask what became of the reload that they share', async (t) => {
  const { reloads, begin, end } = bench()
  t.is(reloads.last, undefined)
  begin()
  const first = reloads.ask('watch')
  const shared = [reloads.ask('admin'), reloads.ask('watch')]
  await end(readyOf('two'))
  t.like(await first, { result: 'reloaded', digest: 'two', routes: 2, warnings: [], restart: [] })
  t.like(reloads.last, { cause: 'watch', result: await first })
  await end(new PolicyRefused([]))
  t.deepEqual(await Promise.all(shared), [
    { result: 'refused', diagnostics: [] },
    { result: 'refused', diagnostics: [] },
  ])
  t.is(reloads.last?.cause, 'admin')
  const failed = reloads.ask('admin')
  await end(new TypeError('a bug'))
  t.like(await failed, { result: 'failed', reason: undefined })
})

test('keeps nobody waiting who asks while it is closed', async (t) => {
  const { reloads, counts, begin } = bench()
  begin()
  const [running, next] = [reloads.ask('admin'), reloads.ask('admin')]
  reloads.close()
  t.deepEqual(await Promise.all([running, next, reloads.ask('admin')]), [undefined, undefined, undefined])
  t.is(counts.all, 1)
})
