/** The threads that hash: started by the first password, ended when they have idled for a while or are closed. */

import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Piscina } from 'piscina'
import type { Compared, CompareTask, HashTask } from './hash-task.ts'
import { HashingFault } from './hashing-fault.ts'

export interface ThreadParts {
  readonly threads: number
  /** Of the worker; another one for tests. */
  readonly file?: URL | undefined
}

/** Milliseconds: to start one takes as long as a hash does. */
const idleTimeout = 60_000
/** Where one thread can be made nicer than the others of its process: the event loop gets its core at once. */
const niceIncrement = process.platform === 'linux' ? 10 : 0

/** Beside this file, in the source as in what is built of it. */
const workerFile = new URL(`./hash-worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url)

interface Pool {
  readonly piscina: Piscina
  /** By which those are told that wait for a thread when none can be started. */
  readonly waiting: Set<(error: unknown) => void>
}

export class HashThreads {
  readonly #parts: ThreadParts
  #pool: Promise<Pool> | undefined
  #isClosed = false

  constructor(parts: ThreadParts) {
    this.#parts = parts
  }

  run(task: HashTask): Promise<string>
  run(task: CompareTask): Promise<Compared>
  /** Rejects with a `HashingFault`; a thread that dies takes its own task along, and no other. */
  async run(task: HashTask | CompareTask): Promise<string | Compared> {
    if (this.#isClosed) throw new HashingFault('unavailable')
    this.#pool ??= this.#start()
    try {
      return await runIn(await this.#pool, task)
    } catch (cause) {
      throw new HashingFault('unavailable', { cause })
    }
  }

  /** Ends the threads, with what they are at. */
  async close(): Promise<void> {
    this.#isClosed = true
    const pool = await this.#pool?.catch(() => undefined)
    await pool?.piscina.destroy()
  }

  /** Loaded here, for few servers keep passwords. */
  async #start(): Promise<Pool> {
    const { Piscina } = await import('piscina')
    const { threads, file = workerFile } = this.#parts
    const piscina = new Piscina({
      filename: file.href,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout,
      niceIncrement,
      // A thread needs no secret of the environment.
      env: {},
    })
    const waiting = new Set<(error: unknown) => void>()
    piscina.on('error', (error) => {
      // Another thread goes on with what waits; without one, piscina would let it wait for ever.
      if (piscina.threads.length > 0) return
      for (const reject of waiting) reject(error)
      this.#pool = undefined
      void piscina.destroy()
    })
    return { piscina, waiting }
  }
}

async function runIn({ piscina, waiting }: Pool, task: HashTask | CompareTask): Promise<string | Compared> {
  const { promise, resolve, reject } = Promise.withResolvers<string | Compared>()
  waiting.add(reject)
  piscina.run(task).then(resolve, reject)
  try {
    return await promise
  } finally {
    waiting.delete(reject)
  }
}
