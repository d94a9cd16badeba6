/** The bench without its peers: its answers are checked in earnest, and its figures are what they say. */

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { secret } from '../scripts/bench/agreed.ts'
import { checkAllowed, checkLimit, checkPolicy } from '../scripts/bench/answers.ts'
import { spentWords } from '../scripts/bench/contenders.ts'
import { judge } from '../scripts/bench/goals.ts'
import type { Round } from '../scripts/bench/load.ts'
import { readOptions } from '../scripts/bench/options.ts'
import { here } from '../scripts/bench/peer.ts'
import { placeOf } from '../scripts/bench/place.ts'
import { policyVariant } from '../scripts/bench/programs.ts'
import { ratios, throughput } from '../scripts/bench/results.ts'
import { median, spread } from '../scripts/bench/statistics.ts'
import { createApp } from '../src/app.ts'
import { createLog } from '../src/services/log.ts'
import { createWorld } from '../src/services/world.ts'

process.env.BENCH_SECRET = secret

async function listen(t: ExecutionContext, handle: RequestListener): Promise<string> {
  const server: Server = createServer(handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function serve(t: ExecutionContext, directory: string): Promise<string> {
  const app = await createApp(directory, { world: createWorld(createLog({ pretty: false, level: 'error' })) })
  t.teardown(() => app.close())
  return listen(t, app.koa.callback())
}

function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-test-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

test('the policy of the bench gives every agreed answer', async (t) => {
  await t.notThrowsAsync(checkPolicy(await serve(t, here('policies'))))
})

test('the policy of the bench with a spent limit lets one call through', async (t) => {
  await t.notThrowsAsync(checkLimit(await serve(t, policyVariant(folderOf(t), spentWords))))
})

test('a server that lets everything through is found out', async (t) => {
  const url = await listen(t, (req, res) => {
    req.resume()
    res.writeHead(201, { 'content-type': 'application/json' }).end('{"id":"6f1c2c1e","accepted":true}')
  })
  await t.notThrowsAsync(checkAllowed(url))
  await t.throwsAsync(checkPolicy(url), { message: /access-control-allow-origin/ })
  await t.throwsAsync(checkLimit(url), { message: /expected 429, got 201/ })
})

test('a server with another answer is found out', async (t) => {
  const url = await listen(t, (req, res) => {
    req.resume()
    res.writeHead(201, { 'content-type': 'application/json' }).end('{"id":"6f1c2c1e"}')
  })
  await t.throwsAsync(checkAllowed(url), { message: /expected the agreed answer/ })
})

test('words that the policy does not hold are an error', (t) => {
  t.throws(() => policyVariant(folderOf(t), { 'limit: 7': 'limit: 8' }), { message: /expected `limit: 7`/ })
})

test('a median is the middle, or the mean of the two in the middle', (t) => {
  t.is(median([9, 1, 5]), 5)
  t.is(median([4, 1, 2, 9]), 3)
  t.is(spread([9, 1, 5], 1), '5.0 (1.0–9.0)')
  t.is(spread([], 1), '–')
})

test('a ratio is taken within each round', (t) => {
  const round = (cpu: number): Round => ({ cpu, perSecond: 1, requests: 1, errors: 0 })
  const results = new Map([
    ['own', [round(10), round(40)]],
    ['base', [round(20), round(80)]],
  ])
  t.deepEqual(ratios(results, { own: 'own', base: 'base' }), [2, 2])
  t.deepEqual(ratios(results, { own: 'own', base: 'absent' }), [])
})

test('throughput is compared by requests a second, not by processor time', (t) => {
  const round = (perSecond: number): Round => ({ cpu: 1, perSecond, requests: 1, errors: 0 })
  const results = new Map([
    ['own', [round(80)]],
    ['base', [round(100)]],
  ])
  t.deepEqual(ratios(results, { own: 'own', base: 'base', ratio: throughput }), [0.8])
})

test('a goal is met at its bound, and not beyond', (t) => {
  t.true(judge('a', 2, { least: 2, digits: 0 }).isMet)
  t.false(judge('a', 1.9, { least: 2, digits: 1 }).isMet)
  t.true(judge('a', 2, { most: 2, digits: 0 }).isMet)
  t.false(judge('a', 2.1, { most: 2, digits: 1 }).isMet)
  t.false(judge('a', Number.NaN, { least: 2, digits: 1 }).isMet)
})

test('a function of a profile belongs to a folder, a package or the platform', (t) => {
  t.is(placeOf('file:///x/src/guards/rate-limit/rate-limit.ts', 'take'), 'ours: guards/rate-limit')
  t.is(placeOf('file:///x/src/enforce/run.ts', 'judge'), 'ours: enforce')
  t.is(placeOf('file:///x/node_modules/@koa/cors/src/index.js', 'cors'), 'package: @koa/cors')
  t.is(placeOf('node:_http_outgoing', '_storeHeader'), 'Node: http')
  t.is(placeOf('', '(garbage collector)'), 'garbage collection')
  t.is(placeOf('', 'writeUtf8String'), 'native: writing to the socket')
})

test('the command line names groups and contenders', (t) => {
  t.deepEqual(readOptions([]), {
    groups: ['policy', 'proxy', 'audit', 'parts', 'profile'],
    isQuick: false,
    only: undefined,
  })
  t.deepEqual(readOptions(['--only', 'koa,nginx']).only, ['koa', 'nginx'])
  t.deepEqual(readOptions(['parts', '--quick']).groups, ['parts'])
  t.throws(() => readOptions(['all']), { message: /expected one of policy, proxy, audit, parts, profile, got `all`/ })
})
