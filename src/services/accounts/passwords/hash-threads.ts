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
  /** Milliseconds; a minute unless told, for to start one takes as long as a hash does. */
  readonly idleTimeout?: number | undefined
}

const minute = 60_000
/** Where one thread can be made nicer than the others of its process: the event loop gets its core at once. */
const niceIncrement = process.platform === 'linux' ? 5 : 0

/** Beside this file, in the source as in what is built of it. */
const workerFile = new URL(`./hash-worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url)

export class HashThreads {
  readonly #parts: ThreadParts
  #pool: Promise<Piscina> | undefined
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
      const pool = await this.#pool
      return await pool.run(task)
    } catch (cause) {
      throw new HashingFault('unavailable', { cause })
    }
  }

  /** Ends the threads, with what they are at. */
  async close(): Promise<void> {
    this.#isClosed = true
    const pool = await this.#pool?.catch(() => undefined)
    await pool?.destroy()
  }

  /** Loaded here, for few servers keep passwords. */
  async #start(): Promise<Piscina> {
    const { Piscina } = await import('piscina')
    const { threads, file = workerFile, idleTimeout = minute } = this.#parts
    const pool = new Piscina({
      filename: file.href,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout,
      niceIncrement,
      // A thread needs no secret of the environment.
      env: {},
    })
    // Of a thread that could not be started. Others go on with what waits; without one, piscina would let it wait for ever.
    pool.on('error', () => {
      if (pool.threads.length > 0) return
      this.#pool = undefined
      void pool.destroy()
    })
    return pool
  }
}
