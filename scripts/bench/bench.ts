/**
 * `npm run bench [-- --quick]`: the hand-written Koa stack, Portcullis and Koa without any policy, round by round in one
 * run, every answer checked first. Writes RESULTS.md. Needs wrk; `(cd scripts/bench && npm ci)` brings the peers.
 */

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import jwt from 'jsonwebtoken'
import { checkAllowed, checkRefusals } from './answers.ts'
import { type Round, runRound } from './load.ts'
import { measureParts } from './parts.ts'
import { here, type Peer, startPeer } from './peer.ts'
import { reportOf } from './results.ts'

const quick = process.argv.includes('--quick')
const rounds = quick ? 3 : 9
const seconds = quick ? 2 : 5
const secret = 'a secret of the bench, longer than thirty-two bytes'
const body = JSON.stringify({ sku: 'TE-0001', quantity: 2, price: 9.5, express: true, note: 'x'.repeat(120) })

const sign = (claims: object): string =>
  jwt.sign({ sub: 'u1', scope: 'orders:read orders:write', ...claims }, secret, {
    issuer: 'https://login.example/',
    audience: 'orders-api',
    expiresIn: '1h',
  })

async function measure(peers: readonly Peer[]): Promise<ReadonlyMap<string, readonly Round[]>> {
  const load = { token: sign({}), body, seconds }
  const results = new Map<string, Round[]>(peers.map(({ name }) => [name, []]))
  for (const peer of peers) await runRound(peer, { ...load, seconds: 2 })
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) results.get(peer.name)?.push(await runRound(peer, load))
  }
  return results
}

if (spawnSync('which', ['wrk']).status !== 0) throw new Error('the bench needs wrk: apt-get install wrk')
const env = { BENCH_SECRET: secret }
const serve = ['src/cli/main.ts', 'serve', here('policies'), '--port', '$PORT']
const guarded = [
  await startPeer('hand-written Koa stack', [here('servers/koa-stack.js')], env),
  await startPeer('Portcullis', serve, env),
]
const peers = [...guarded, await startPeer('bare Koa + router, no policy', [here('servers/bare-koa.js')], env)]
try {
  const credentials = { good: sign({}), noScope: sign({ scope: 'orders:read' }), body }
  for (const peer of peers) await checkAllowed(peer, credentials)
  for (const peer of guarded) await checkRefusals(peer, credentials)
  const results = await measure(peers)
  const report = reportOf(results, await measureParts(), { rounds, seconds })
  process.stdout.write(report)
  if (!quick) writeFileSync(here('RESULTS.md'), report)
} finally {
  for (const peer of peers) peer.stop()
}
