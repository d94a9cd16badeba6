/** The workers of a node: as many as there are to be, each replaced when it ends; slower, the shorter they live. */

import type { Log } from '../../services/log.ts'
import type { Link } from '../../services/primary/link.ts'
import { logReload } from '../log-reload.ts'
import { type End, Member } from './member.ts'
import * as messages from './messages.ts'
import { readResult } from './wire-result.ts'

interface Parts {
  readonly workers: number
  readonly log: Log
  /** A worker is there; before it says anything. */
  admit(link: Link): void
  /** A worker serves. */
  joined(opened: messages.Opened): void
}

/** Milliseconds until one that ended is replaced; twice as many each time that it lives less than `wellMs`. */
const shortestMs = 100
const longestMs = 30_000
const wellMs = 10_000
/** So often they are asked how they are. */
const checkMs = 5_000
/** Beyond its grace a worker gets this long for what is to be written, and to end. */
const lastMs = 10_000

export class Crew {
  readonly #parts: Parts
  readonly #members = new Set<Member>()
  readonly #keeping: Promise<void>[] = []
  /** What has a pause end. */
  readonly #wakers = new Set<() => void>()
  #isEnding = false
  #worstCode = 0
  #lastFailure = ''

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get serving(): readonly Member[] {
    return [...this.#members].filter(({ state }) => state === 'serving')
  }

  get members(): readonly Member[] {
    return [...this.#members]
  }

  /** Starts the first worker, and once it serves all others; resolves to the exit status where the first cannot start. */
  async start(): Promise<number | undefined> {
    const first = this.#hire(true)
    if ((await first.serving) === undefined) return (await first.ended).code ?? 3
    this.#keeping.push(this.#keep(first))
    setInterval(() => this.#check(), checkMs).unref()
    const others = Array.from({ length: this.#parts.workers - 1 }, () => this.#hire())
    for (const other of others) this.#keeping.push(this.#keep(other))
    await Promise.all(others.map(({ serving }) => serving))
    return undefined
  }

  /** Those that could not start are tried again at once. */
  wake(): void {
    for (const wake of this.#wakers) wake()
  }

  /** Has all workers end, and kills those that do not within their grace; resolves to the worst of their exit statuses. */
  async drain(graceMs: number): Promise<number> {
    this.#isEnding = true
    this.wake()
    for (const member of this.#members) {
      if (member.state === 'starting') member.kill()
      else member.link.tell(messages.drain)
    }
    const late = setTimeout(() => this.kill(), graceMs + lastMs)
    await Promise.all(this.#keeping)
    clearTimeout(late)
    return this.#worstCode
  }

  kill(): void {
    for (const member of this.#members) member.kill()
  }

  #check(): void {
    for (const member of this.serving) member.check()
  }

  #hire(isFirst = false): Member {
    const { workers, log, admit, joined } = this.#parts
    const member = new Member({ workers, isFirst }, log)
    this.#members.add(member)
    admit(member.link)
    void member.serving.then((opened) => {
      if (opened === undefined) return
      joined(opened)
      this.#tellSize()
    })
    member.link.ended(() => {
      this.#members.delete(member)
      this.#tellSize()
    })
    return member
  }

  /** Sees to it that somebody sits where this worker does. */
  async #keep(member: Member): Promise<void> {
    let [current, failures] = [member, 0]
    for (;;) {
      const wasServing = (await current.serving) !== undefined
      const { code, signal } = await current.ended
      if (this.#isEnding) return this.#noteEnd(code, wasServing)
      failures = wasServing && performance.now() - current.bornAt > wellMs ? 0 : failures + 1
      const pause = failures === 0 ? 0 : Math.min(longestMs, shortestMs * 2 ** (failures - 1))
      this.#logEnd(current, { code, signal, wasServing, pause })
      await this.#pause(pause)
      if (this.#isEnding) return
      current = this.#hire()
    }
  }

  #noteEnd(code: number | null, wasServing: boolean): void {
    if (wasServing) this.#worstCode = Math.max(this.#worstCode, code ?? 1)
  }

  #logEnd({ pid, failure }: Member, end: End & { readonly wasServing: boolean; readonly pause: number }): void {
    const { log } = this.#parts
    const { wasServing, ...how } = end
    const { pause } = how
    const next = pause === 0 ? 'another takes its place' : `another is started in ${pause} ms`
    log.error({ pid, ...how }, `a worker ${wasServing ? 'ended' : 'could not start'}; ${next}`)
    const text = failure === undefined ? '' : JSON.stringify(failure)
    if (failure !== undefined && text !== this.#lastFailure) logReload(log, readResult(failure))
    if (failure !== undefined) this.#lastFailure = text
  }

  async #pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, milliseconds)
    this.#wakers.add(resolve)
    await promise
    clearTimeout(timer)
    this.#wakers.delete(resolve)
  }

  #tellSize(): void {
    const size: messages.CrewSize = { serving: this.serving.length, of: this.#parts.workers }
    for (const { link } of this.serving) link.tell(messages.crew, size)
  }
}
