/**
 * `npm run bench [-- [policy] [proxy] [audit] [parts] [profile] [--quick] [--only ID,ID]]`: Portcullis, what people write by
 * hand and the limits of the platform, round by round in one run, every answer checked first. A whole run writes RESULTS.md.
 * Needs wrk, taskset, nginx, haproxy and redis-server; `(cd scripts/bench && npm ci)` brings the peers, whose servers are JavaScript
 * because their types come with them.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allContenders, type Contender } from './contenders.ts'
import { judgeRatios } from './goals.ts'
import { type Group, groups, type Options, readOptions } from './options.ts'
import { measureParts } from './parts/parts.ts'
import { here, startPeer } from './peer.ts'
import { profileText } from './profile.ts'
import { nginx, type Stage } from './programs.ts'
import { startRedis } from './redis.ts'
import { goalsText, headText, partsText } from './report.ts'
import { resultsText } from './results.ts'
import { measure, type Pace } from './rounds.ts'
import { writeTokens } from './tokens.ts'

/** More than any cache of the contenders holds. */
const tokens = 40_000
const whole: Pace = { rounds: 7, seconds: 2, warmUp: 120_000, warmUpSeconds: 8 }
const quick: Pace = { rounds: 2, seconds: 1, warmUp: 12_000, warmUpSeconds: 5 }
/** What the goals speak of. */
const inQuick =
  /^(koa|fastify|fastify-cache|bare-koa|portcullis(-new|-many)?|(koa|portcullis)-4\d\d|nginx|.*-proxy|audit-.*)$/

function checkNeeds(): void {
  if (!existsSync(here('node_modules'))) throw new Error('the peers are missing: (cd scripts/bench && npm ci)')
  for (const program of ['wrk', 'taskset', 'nginx', 'haproxy', 'redis-server'])
    if (spawnSync('which', [program]).status !== 0) throw new Error(`the bench needs ${program}: apt-get install it`)
}

interface Chosen {
  readonly measured: readonly Contender[]
  readonly profiled: readonly Contender[]
}

function choose(stage: Stage, { groups, isQuick, only }: Options): Chosen {
  const all = allContenders(stage)
  const unknown = only?.find((id) => !all.some((contender) => contender.id === id))
  if (unknown !== undefined) throw new Error(`expected of ${all.map(({ id }) => id).join(', ')}, got \`${unknown}\``)
  const isAsked = ({ id }: Contender) => (only ? only.includes(id) : !isQuick || inQuick.test(id))
  return {
    measured: all.filter((each) => groups.includes(groupOf(each)) && isAsked(each)),
    profiled: groups.includes('profile') ? all.filter(({ id }) => (only ?? ['portcullis']).includes(id)) : [],
  }
}

const groupOf = ({ table }: Contender): Group => (table === 'proxy' || table === 'audit' ? table : 'policy')

async function run(options: Options, folder: string): Promise<string> {
  const upstream = await startPeer(nginx('upstream.conf', { folder, upstream: '', core: 1 }))
  const redis = await startRedis(folder)
  const stage = { folder, upstream: upstream.url, tokens: join(folder, 'tokens'), redis }
  writeTokens(stage.tokens, tokens)
  const pace = options.isQuick ? quick : whole
  const { measured, profiled } = choose(stage, options)
  const results = await measure(measured, pace)
  const parts = options.groups.includes('parts') ? await measureParts(stage, options) : []
  const profiles: string[] = []
  for (const contender of profiled) profiles.push(await profileText(contender, pace, folder))
  await Promise.all([upstream.stop(), redis.stop()])
  const goals = goalsText([...judgeRatios(results), ...parts.flatMap(({ verdict }) => verdict ?? [])])
  return [headText(pace), goals, resultsText(measured, results), partsText(parts), ...profiles].join('').trimEnd()
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
checkNeeds()
const options = readOptions(process.argv.slice(2))
const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const report = `${await run(options, folder)}\n`
process.stdout.write(report)
const isWhole = !options.isQuick && options.only === undefined && options.groups.length === groups.length
if (isWhole) writeFileSync(here('RESULTS.md'), report)
