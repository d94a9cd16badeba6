/** What the admin listener answers. */

import Router from '@koa/router'
import type { Answer } from '../core/answer.ts'
import type { Body } from '../core/body.ts'
import { Denial, deny } from '../core/denial.ts'
import { jsonAnswer } from '../handlers/builtin/json-answer.ts'
import { plainDiagnostic } from '../policy/plain-diagnostic.ts'
import type { World } from '../services/services.ts'
import type { ReloadResult } from './reload-result.ts'
import type { LastReload, Reloads } from './reloads.ts'
import { type Asked, readAsked, type Told } from './revoking.ts'
import { version } from './version.ts'

/** Where a route leaves its answer. */
export interface AdminState {
  /** Of the call. */
  body?: Body
  result?: Answer | Denial
}

/** What one of several workers says of itself. */
export interface WorkerReport {
  readonly pid: number | undefined
  /** `silent` where it does not answer. */
  readonly status: 'starting' | 'ready' | 'unready' | 'silent'
  /** Part → what is wrong with it. */
  readonly faults: Readonly<Record<string, string>>
  readonly digest?: string | undefined
}

export interface Operated {
  readonly reloads: Pick<Reloads, 'ask' | 'last'>
  readonly world: Pick<World, 'metrics' | 'status'>
  /** Takes tokens back in a process that serves; nothing where none does just now. */
  revoke(asked: Asked): Promise<Told | undefined>
  /** Those that serve in place of this process, where it does not itself. */
  workers?(): Promise<readonly WorkerReport[]>
}

const ending = deny('shutting_down', { headers: ['Retry-After', '1'] })
const alive = jsonAnswer(200, { status: 'ok' })

/** Strict and sensitive: a path has one spelling here, too. */
export function adminRoutes({ reloads, world, revoke, workers }: Operated): Router<AdminState> {
  const router = new Router<AdminState>({ strict: true, sensitive: true })
  router.post('/reload', async ({ state }) => {
    const result = await reloads.ask('admin')
    state.result = result === undefined ? ending : jsonAnswer(statusOf(result), describeResult(result))
  })
  router.post('/revocations', async ({ state }) => {
    const asked = await readAsked(state.body)
    state.result = asked instanceof Denial ? asked : describeRevocation(await revoke(asked))
  })
  router.get('/ready', async ({ state }) => {
    const described = describeState({ ...world, workers: await workers?.() }, reloads.last)
    state.result = jsonAnswer(described.status === 'unready' ? 503 : 200, described)
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

const away = deny('overloaded', { headers: ['Retry-After', '1'], cause: 'no worker serves just now' })
const full = deny('overloaded', { cause: 'no room is left for more revocations' })
const unknownIssuer = deny('input_invalid', {
  details: [{ in: 'body', path: '/issuer', rule: 'issuer', message: 'expected an issuer of the policies' }],
})

function describeRevocation(told: Told | undefined): Answer | Denial {
  if (told === undefined) return away
  if ('fault' in told) return told.fault === 'full' ? full : unknownIssuer
  return jsonAnswer(200, told)
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

interface Described extends Pick<World, 'metrics' | 'status'> {
  readonly workers: readonly WorkerReport[] | undefined
}

function describeState({ status, metrics: { policy }, workers }: Described, last: LastReload | undefined) {
  const isReady = status.ready && (workers === undefined || workers.some((worker) => worker.status === 'ready'))
  const faults = {
    ...Object.assign({}, ...(workers ?? []).map((worker) => worker.faults)),
    ...Object.fromEntries(status.faults),
  }
  const isWell = Object.keys(faults).length === 0
  return {
    status: !isReady ? 'unready' : isWell ? 'ready' : 'degraded',
    faults,
    policy: policy && { digest: policy.digest, since: timeOf(policy.loaded) },
    lastReload: last && { at: timeOf(last.at), cause: last.cause, ...describeResult(last.result) },
    ...(workers && { workers }),
    pid: process.pid,
    version,
  }
}

const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString()
