/** What the admin listener answers. */

import { readFileSync } from 'node:fs'
import Router from '@koa/router'
import type { Answer } from '../core/answer.ts'
import { type Denial, deny } from '../core/denial.ts'
import { jsonAnswer } from '../handlers/builtin/json-answer.ts'
import { plainDiagnostic } from '../policy/plain-diagnostic.ts'
import type { World } from '../services/services.ts'
import type { ReloadResult } from './reload-result.ts'
import type { LastReload, Reloads } from './reloads.ts'

/** Where a route leaves its answer. */
export interface AdminState {
  result?: Answer | Denial
}

export interface Operated {
  readonly reloads: Pick<Reloads, 'ask' | 'last'>
  readonly world: Pick<World, 'metrics' | 'status'>
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

const ending = deny('shutting_down', { headers: ['Retry-After', '1'] })
const alive = jsonAnswer(200, { status: 'ok' })

/** Strict and sensitive: a path has one spelling here, too. */
export function adminRoutes({ reloads, world }: Operated): Router<AdminState> {
  const router = new Router<AdminState>({ strict: true, sensitive: true })
  router.post('/reload', async ({ state }) => {
    const result = await reloads.ask('admin')
    state.result = result === undefined ? ending : jsonAnswer(statusOf(result), describeResult(result))
  })
  router.get('/ready', ({ state }) => {
    state.result = jsonAnswer(world.status.ready ? 200 : 503, describeState(world, reloads.last))
  })
  router.get('/health', ({ state }) => {
    state.result = alive
  })
  router.get('/metrics', async ({ state }) => {
    const { contentType, text } = await world.metrics.expose()
    state.result = { status: 200, headers: ['Content-Type', contentType, 'Cache-Control', 'no-store'], body: text }
  })
  return router
}

const statuses: Readonly<Record<ReloadResult['result'], number>> = {
  reloaded: 200,
  unchanged: 200,
  refused: 422,
  failed: 500,
}
const statusOf = ({ result }: ReloadResult): number => statuses[result]

/** What is no fault of the policies or the machine stays in the log. */
function describeResult(result: ReloadResult): object {
  if (result.result === 'refused') return { result: 'refused', diagnostics: result.diagnostics.map(plainDiagnostic) }
  if (result.result === 'failed')
    return { result: 'failed', message: result.reason ?? 'unexpected error; the log has it' }
  return { ...result, warnings: result.warnings.map(plainDiagnostic) }
}

function describeState({ status, metrics: { policy } }: Operated['world'], last: LastReload | undefined): object {
  const faults = Object.fromEntries(status.faults)
  const isWell = status.faults.size === 0
  return {
    status: !status.ready ? 'unready' : isWell ? 'ready' : 'degraded',
    faults,
    policy: policy && { digest: policy.digest, since: timeOf(policy.loaded) },
    lastReload: last && { at: timeOf(last.at), cause: last.cause, ...describeResult(last.result) },
    pid: process.pid,
    version,
  }
}

const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString()
