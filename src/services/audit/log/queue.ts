/** What waits to be written: bounded, and what does not fit is counted. */

/** An entry as text, without the members that its place in the log gives it. */
export interface Waiting {
  readonly body: string
  /** Of a required entry: whether it was kept. */
  readonly settle: ((kept: boolean) => void) | undefined
}

/** How many entries were not kept, and when the first and the last came, in milliseconds since the Unix epoch. */
export interface Losses {
  readonly count: number
  readonly from: number
  readonly to: number
}

const maxCharacters = 16 * 1024 * 1024
/** Of a batch: what is hashed in one go holds up the requests. */
export const batchRecords = 512
const batchCharacters = 1024 * 1024

export class Queue {
  #waiting: Waiting[] = []
  #next = 0
  #characters = 0
  #required = 0
  #losses: Losses | undefined

  get size(): number {
    return this.#waiting.length - this.#next
  }

  get isEmpty(): boolean {
    return this.size === 0
  }

  /** Somebody waits, or there is so much that it should not wait for more. */
  get isUrgent(): boolean {
    return this.#required > 0 || this.size >= batchRecords
  }

  /** False where it does not fit. */
  push(waiting: Waiting): boolean {
    if (this.#characters + waiting.body.length > maxCharacters) return false
    this.#waiting.push(waiting)
    this.#characters += waiting.body.length
    if (waiting.settle !== undefined) this.#required++
    return true
  }

  /** The first so many. */
  take(most: number = batchRecords): readonly Waiting[] {
    let end = this.#next
    for (let characters = 0; end < this.#waiting.length && end - this.#next < most; end++) {
      characters += this.#waiting[end]?.body.length ?? 0
      if (characters > batchCharacters && end > this.#next) break
    }
    return this.#cut(end)
  }

  /** Puts those back in front that nobody waits for: they are tried again. */
  putBack(batch: readonly Waiting[]): void {
    const optional = batch.filter(({ settle }) => settle === undefined)
    this.#waiting = [...optional, ...this.#waiting.slice(this.#next)]
    this.#next = 0
    this.#characters += measure(optional)
  }

  /** Takes out those that somebody waits for. */
  takeRequired(): readonly Waiting[] {
    const rest = this.#cut(this.#waiting.length)
    this.putBack(rest)
    return rest.filter(({ settle }) => settle !== undefined)
  }

  get hasLosses(): boolean {
    return this.#losses !== undefined
  }

  /** Gives all up that waits; how many there were. */
  clear(): number {
    return this.#cut(this.#waiting.length).length
  }

  lose(time: number): void {
    const { count = 0, from = time } = this.#losses ?? {}
    this.#losses = { count: count + 1, from, to: time }
  }

  /** What was lost; told once there is room again, so that an overload is one record and not thousands. */
  takeLosses(): Losses | undefined {
    if (this.#characters > maxCharacters / 2) return undefined
    const losses = this.#losses
    this.#losses = undefined
    return losses
  }

  /** What could not be put on record after all. */
  putBackLosses(losses: Losses | undefined): void {
    if (losses === undefined) return
    const { count = 0, to = losses.to } = this.#losses ?? {}
    this.#losses = { count: count + losses.count, from: losses.from, to }
  }

  /** Arrays that shrink from the front are slow; this one is left behind where it is used up. */
  #cut(end: number): readonly Waiting[] {
    const batch = this.#waiting.slice(this.#next, end)
    this.#characters -= measure(batch)
    this.#required -= batch.filter(({ settle }) => settle !== undefined).length
    this.#next = end
    if (this.#next * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next)
      this.#next = 0
    }
    return batch
  }
}

const measure = (batch: readonly Waiting[]): number => batch.reduce((sum, { body }) => sum + body.length, 0)
