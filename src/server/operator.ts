/** Who operates a process that serves: signals, files and calls of its own, or the primary process that it is a worker of. */

import type { App } from '../app.ts'
import type { LevelLog, Log } from '../services/log.ts'
import type { World } from '../services/services.ts'
import type { Address } from './bind.ts'
import type { TicketSeed } from './tls/ticket-keys.ts'

/** What is told once, when requests are served. */
export interface Started {
  /** Where the admin listener is, if there is one. */
  readonly admin: string | undefined
  /** How many processes serve. */
  readonly workers: number
}

/** Where it listens, and what it shares with the other processes there. */
export interface Post extends Address {
  readonly tickets: TicketSeed
  /** Where who comes in clear is sent to HTTPS; none unless told. */
  readonly redirect: Address | undefined
}

export interface Serving {
  readonly app: App
  readonly url: string
  announce(started: Started): void
}

export interface Operator {
  readonly world: World
  readonly log: LevelLog
  /** Where what becomes of the server as a whole is told. */
  readonly life: Log
  /** How many processes share what is for all of them. */
  readonly workers: number
  /** Whether it speaks for the others: what all of them would say is said once. */
  readonly isFirst: boolean
  /** Before it listens: where; rejects with `StartFault` where it is not to. */
  open(app: App): Promise<Post>
  /** It listens. */
  begin(serving: Serving): void
  /** Resolves to why it is to end. */
  stop(): Promise<string>
  /** It drains: nothing is put in force any more. */
  drain(): void
  /** It is drained. */
  close(): Promise<void>
  /** The exit status where it could not start; throws what is to be told by the process itself. */
  fail(error: unknown): Promise<number>
  /** Nothing is left to do. */
  end(): void
}
