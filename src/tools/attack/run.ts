/** Sends what was planned, at a bounded pace, and judges the answers. */

import Bottleneck from 'bottleneck'
import { StartFault } from '../../core/start-fault.ts'
import { reasonOf } from '../../services/reason.ts'
import { CookieWatch } from './cookie-watch.ts'
import { codeOf, isRefusedBy, judge } from './judge.ts'
import type { Answer, Crowd, Entered, Plan, Probe, Reading, Untried, Volley } from './probe.ts'
import { judgeReading, type Read } from './reading/judge-reading.ts'
import { send } from './send.ts'

export interface Bounds {
  /** Requests a second. */
  readonly rate: number
  /** Requests in all. */
  readonly most: number
  /** Seconds that may be spent on waiting for limits, in all. */
  readonly patience: number
}

export type Tried = Probe | Volley | Crowd

/** Something that is not as the policy says. */
export interface Finding {
  readonly probe: Tried
  readonly message: string
}

/** Milliseconds: a crowd whose first answer came sooner may never have been there at the same time. */
const meeting = 500
/** More connections at once are nobody's trial of a policy. */
const mostAtOnce = 256

export interface Report {
  /** Guard → how many were as the policy says. */
  readonly sound: ReadonlyMap<string, number>
  readonly findings: readonly Finding[]
  readonly untried: readonly Untried[]
  readonly requests: number
  readonly entered: readonly Entered[]
}

/** Throws `StartFault` where the server cannot be reached. */
export const runAttack = (url: URL, plan: Plan, bounds: Bounds): Promise<Report> => new Attack(url, plan, bounds).run()

class Attack {
  readonly #url: URL
  readonly #bounds: Bounds
  readonly #pace: Bottleneck
  readonly #sound = new Map<string, number>()
  readonly #findings: Finding[] = []
  readonly #untried: Untried[] = []
  readonly #entered: Entered[] = []
  readonly #plan: Plan
  readonly #cookies: CookieWatch
  #requests = 0
  #waited = 0

  constructor(url: URL, plan: Plan, bounds: Bounds) {
    this.#url = url
    this.#plan = plan
    this.#cookies = new CookieWatch(plan, url.protocol === 'https:')
    this.#bounds = bounds
    this.#pace = new Bottleneck({ minTime: 1_000 / bounds.rate, maxConcurrent: 1 })
  }

  async run(): Promise<Report> {
    const { readings, probes, volleys, crowds, untried } = this.#plan
    for (const reading of readings) await this.#read(reading)
    for (const probe of probes) await this.#try(probe)
    for (const crowd of crowds) await this.#gather(crowd)
    for (const volley of volleys) await this.#fire(volley)
    if (this.#cookies.sound > 0) this.#add('headers', this.#cookies.sound)
    return {
      sound: this.#sound,
      findings: this.#findings,
      untried: [...untried, ...this.#untried, ...this.#cookies.unseen],
      requests: this.#requests,
      entered: this.#entered,
    }
  }

  async #read({ at, readers }: Reading): Promise<void> {
    const [first] = readers
    if (first !== undefined && this.#requests + readers.length > this.#bounds.most / 4)
      return void this.#leave(first.probe, 'there are more roles than requests for them: `--max`')
    const reads: Read[] = []
    for (const reader of readers) {
      const answer = await this.#ask(reader.probe)
      if (answer !== undefined) reads.push({ reader, answer })
    }
    const { findings, untried, sound } = judgeReading(at, reads)
    this.#findings.push(...findings)
    this.#untried.push(...untried)
    for (const { probe } of sound) this.#count(probe)
  }

  async #try(probe: Probe): Promise<void> {
    const answer = await this.#ask(probe)
    if (answer === undefined) return
    const message = typeof answer === 'string' ? answer : judge(probe, answer)
    if (message !== undefined) this.#findings.push({ probe, message })
    else if (isUntold(probe, answer)) this.#leave(probe, 'no answer took so long')
    else this.#count(probe)
    if (message === undefined && typeof answer !== 'string') this.#noteEntered(probe, answer)
  }

  #noteEntered(probe: Probe, { status, headers: { 'x-request-id': requestId } }: Answer): void {
    if (probe.onRecord !== undefined && requestId !== undefined && status < 400)
      this.#entered.push({ probe: { ...probe, onRecord: probe.onRecord }, requestId })
  }

  /** All at once; where they were surely there together, one has to be refused. */
  async #gather(crowd: Crowd): Promise<void> {
    const { request, size } = crowd
    if (size > mostAtOnce || this.#requests + size > this.#bounds.most)
      return void this.#leave(crowd, 'more may run at once than are sent: `--max`')
    this.#requests += size
    const asking = Array.from({ length: size }, () => send(this.#url, request).catch(reasonOf))
    const answers = (await Promise.all(asking)).filter((answer) => typeof answer !== 'string')
    for (const answer of answers) this.#findings.push(...this.#cookies.see(crowd, answer))
    if (answers.some((answer) => isRefusedBy(['overloaded'], answer))) return this.#count(crowd)
    if (answers.some(({ status }) => status === 429))
      return void this.#leave(crowd, 'a limit of the route came first: `--patience`')
    if (answers.length < size || answers.some(({ milliseconds }) => milliseconds < meeting))
      return void this.#leave(crowd, 'the answers came too soon for its slots to fill')
    this.#findings.push({ probe: crowd, message: `expected 503 \`overloaded\` for one of ${size}, all were let in` })
  }

  /** The answer that is not about how often we ask, or why there is none; undefined where none came within our bounds. */
  async #ask(probe: Probe): Promise<Answer | string | undefined> {
    for (;;) {
      if (this.#requests >= this.#bounds.most) return this.#leave(probe, 'it was one request too many: `--max`')
      const answer = await this.#send(probe)
      if (typeof answer === 'string' || answer.status !== 429) return answer
      const seconds = Number(answer.headers['retry-after'] ?? 1)
      if (!(this.#waited + seconds <= this.#bounds.patience))
        return this.#leave(probe, 'a limit of the route came first: `--patience`')
      this.#waited += seconds
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
    }
  }

  /** The answer, or why there is none. */
  #send(tried: Tried): Promise<Answer | string> {
    this.#requests += 1
    return this.#pace
      .schedule(() => send(this.#url, tried.request))
      .then((answer) => {
        this.#findings.push(...this.#cookies.see(tried, answer))
        return answer
      })
      .catch((error) => {
        if (error.code === 'ECONNREFUSED' || this.#requests === 1)
          throw new StartFault(`\`${this.#url.origin}\` cannot be reached: ${reasonOf(error)}`)
        return `expected an answer, there was none: ${reasonOf(error)}`
      })
  }

  /** As many as it takes until one is refused, and never more than may be admitted. */
  async #fire(volley: Volley): Promise<void> {
    const started = performance.now()
    for (let admitted = 0; ; admitted++) {
      if (this.#requests >= this.#bounds.most || admitted > this.#bounds.most / 4)
        return void this.#leave(volley, 'the limit is larger than what is sent: `--max`')
      const answer = await this.#send(volley)
      if (typeof answer === 'string') return void this.#findings.push({ probe: volley, message: answer })
      if (answer.status === 429) return this.#disguise(volley)
      const seconds = (performance.now() - started) / 1_000
      const allowed = volley.capacity + volley.rate * seconds
      if (admitted + 1 > allowed + 1) {
        this.#findings.push({
          probe: volley,
          message: `expected ${Math.floor(allowed)} to pass in ${seconds.toFixed(1)} s, ${admitted + 1} did`,
        })
        return
      }
    }
  }

  /** Nothing is left; nobody gets more by saying that it is somebody else. */
  async #disguise(volley: Volley): Promise<void> {
    if (volley.disguises.length > 0) {
      const request = { ...volley.request, headers: [...volley.request.headers, ...volley.disguises] }
      const again = { ...volley, request }
      const answers = [await this.#send(again), await this.#send(again), await this.#send(again)]
      if (!answers.some((answer) => typeof answer !== 'string' && isRefusedBy(['rate_limited'], answer))) {
        this.#findings.push({
          probe: volley,
          message: 'expected 429 `rate_limited`, a header that names another address got a new quota',
        })
        return
      }
    }
    this.#count(volley)
  }

  #count({ guard }: Tried): void {
    this.#add(guard, 1)
  }

  #add(guard: string, count: number): void {
    this.#sound.set(guard, (this.#sound.get(guard) ?? 0) + count)
  }

  #leave({ guard, route }: Tried, why: string): undefined {
    this.#untried.push({ guard, route, why })
    return undefined
  }
}

/** Whether the destination answered before it had to. */
const isUntold = ({ expected }: Probe, answer: Answer | string): boolean =>
  expected.kind === 'timely' && typeof answer !== 'string' && codeOf(answer) !== 'upstream_timeout'
