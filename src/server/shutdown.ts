/** The end of a server: a signal drains it, a second one ends it at once, and no stray error ends it unsaid. */

import type { ShutdownSettings } from '../policy/shutdown-settings.ts'
import { atMost } from '../services/later.ts'
import type { Log } from '../services/log.ts'
import type { Status } from '../services/status.ts'
import { endNow, endSoon } from './leave.ts'
import type { Listening } from './listen.ts'

interface Running {
  readonly server: Pick<Listening, 'close'>
  readonly status: Status
  readonly log: Log
  readonly shutdown: ShutdownSettings
  /** Has what is in memory only, and must not be lost, written down. */
  keep(): Promise<void>
  /** Resolves to why, when it is to end; on a signal unless told. */
  readonly asked?: Promise<string>
}

/** What is to be kept gets this long when an error ends the process. */
const keepMs = 1_000

/** Resolves when SIGTERM or SIGINT came, or whoever else asked for it, and the server is drained. */
export async function untilShutdown({ server, asked = firstSignal(), ...running }: Running): Promise<void> {
  const { status, log, keep, shutdown } = running
  reportStrayErrors({ log, keep })
  const signal = await asked
  status.close()
  log.info({ signal, ...shutdown }, 'draining; a second signal ends at once')
  await server.close(shutdown.grace, shutdown.delay)
  log.info('drained')
}

/** The handler stays from the first signal to the second, which ends the process, so that none finds it without. */
export function firstSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
  let isDraining = false
  const stop = (signal: NodeJS.Signals) => {
    if (isDraining) endNow(1)
    isDraining = true
    resolve(signal)
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
  return promise
}

/** A promise that a handler forgot must not end the server for everyone else; after any other stray error its state is unknown. */
export function reportStrayErrors({ log, keep }: Pick<Running, 'log' | 'keep'>): void {
  process.on('unhandledRejection', (err) => log.error({ err }, 'a promise was rejected and nobody awaited it'))
  process.on('uncaughtException', (err) => {
    log.error({ err }, 'unexpected error; the server ends')
    void atMost(keepMs, keep()).finally(() => endSoon(1))
  })
}
