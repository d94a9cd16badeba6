/** Sends what was planned, at a bounded pace, and judges the answers. */

import Bottleneck from 'bottleneck'
import { StartFault } from '../../core/start-fault.ts'
import { reasonOf } from '../../services/reason.ts'
import { isRefusedBy, judge } from './judge.ts'
import type { Answer, Plan, Probe, Untried, Volley } from './probe.ts'
import { send } from './send.ts'

export interface Bounds {
  /** Requests a second. */
  readonly rate: number
  /** Requests in all. */
  readonly most: number
  /** Seconds that may be spent on waiting for limits, in all. */
  readonly patience: number
}

/** Something that is not as the policy says. */
export interface Finding {
  readonly probe: Probe | Volley
  readonly message: string
}

export interface Report {
  /** Guard → how many were as the policy says. */
  readonly sound: ReadonlyMap<string, number>
  readonly findings: readonly Finding[]
  readonly untried: readonly Untried[]
  readonly requests: number
}

/** Throws `StartFault` where the server cannot be reached. */
export const runAttack = (url: URL, plan: Plan, bounds: Bounds): Promise<Report> => new Attack(url, bounds).run(plan)

class Attack {
  readonly #url: URL
  readonly #bounds: Bounds
  readonly #pace: Bottleneck
  readonly #sound = new Map<string, number>()
  readonly #findings: Finding[] = []
  readonly #untried: Untried[] = []
  #requests = 0
  #waited = 0

  constructor(url: URL, bounds: Bounds) {
    this.#url = url
    this.#bounds = bounds
    this.#pace = new Bottleneck({ minTime: 1_000 / bounds.rate, maxConcurrent: 1 })
  }

  async run({ probes, volleys, untried }: Plan): Promise<Report> {
    for (const probe of probes) await this.#try(probe)
    for (const volley of volleys) await this.#fire(volley)
    return {
      sound: this.#sound,
      findings: this.#findings,
      untried: [...untried, ...this.#untried],
      requests: this.#requests,
    }
  }

  async #try(probe: Probe): Promise<void> {
    const answer = await this.#ask(probe)
    if (answer === undefined) return
    const message = typeof answer === 'string' ? answer : judge(probe, answer)
    if (message === undefined) this.#count(probe)
    else this.#findings.push({ probe, message })
  }

  /** The answer that is not about how often we ask, or why there is none; undefined where none came within our bounds. */
  async #ask(probe: Probe): Promise<Answer | string | undefined> {
    for (;;) {
      if (this.#requests >= this.#bounds.most) return this.#leave(probe, 'it was one request too many: `--max`')
      const answer = await this.#send(probe.request)
      if (typeof answer === 'string' || answer.status !== 429) return answer
      const seconds = Number(answer.headers['retry-after'] ?? 1)
      if (!(this.#waited + seconds <= this.#bounds.patience))
        return this.#leave(probe, 'a limit of the route came first: `--patience`')
      this.#waited += seconds
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
    }
  }

  /** The answer, or why there is none. */
  #send(request: Probe['request']): Promise<Answer | string> {
    this.#requests += 1
    return this.#pace
      .schedule(() => send(this.#url, request))
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
      const answer = await this.#send(volley.request)
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
      const answers = [await this.#send(request), await this.#send(request), await this.#send(request)]
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

  #count({ guard }: Probe | Volley): void {
    this.#sound.set(guard, (this.#sound.get(guard) ?? 0) + 1)
  }

  #leave({ guard, route }: Probe | Volley, why: string): undefined {
    this.#untried.push({ guard, route, why })
    return undefined
  }
}
