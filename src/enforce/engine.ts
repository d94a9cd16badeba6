/** One request from its first byte to its release: read, match, judge, tell the observers, answer. */

import { Readable } from 'node:stream'
import type { Context } from 'koa'
import { type Answer, discard } from '../core/answer.ts'
import { Denial, deny } from '../core/denial.ts'
import { Exchange } from '../core/exchange.ts'
import type { Observer } from '../core/observer.ts'
import type { WriteHead } from '../policy/stack.ts'
import type { World } from '../services/services.ts'
import type { Admission } from './admission.ts'
import { isClosing, isDelivered } from './closing.ts'
import { detour } from './detour.ts'
import type { Active } from './enforce.ts'
import { GateResponse } from './gate-response.ts'
import { giveWay } from './give-way.ts'
import { readFacts } from './hygiene.ts'
import { refuse } from './refusal.ts'
import { respond } from './respond.ts'
import { type Result, run } from './run.ts'

/** A request on its way: the headers that stand on its answer change once it met its route. */
interface Passage {
  readonly exchange: Exchange
  readonly active: Active
  heads: readonly WriteHead[]
}

export type EngineWorld = Pick<World, 'clock' | 'log'> & { readonly admission?: Admission | undefined }

const internalError = deny('internal_error')

/** What logs and metrics show of a client that left before its answer began; nginx's number. */
const clientClosedRequest = 499

export class Engine {
  readonly #world: EngineWorld
  readonly #observers: readonly Observer[]
  /** Those of the observers that have a say in the answer. */
  readonly #consulted: readonly Observer[]

  readonly #answer: typeof respond

  /** `answer` brings what was decided to the client; it throws where it cannot, before a byte is out. */
  constructor(world: EngineWorld, observers: readonly Observer[], answer = respond) {
    this.#world = world
    this.#observers = observers
    this.#answer = answer
    this.#consulted = observers.filter(({ answering }) => answering !== undefined)
  }

  /** Answers a request; never throws, and a promise that it returns never rejects. */
  handle(ctx: Context, active: Active): Promise<void> | undefined {
    if (ctx.res instanceof GateResponse) ctx.res.shut()
    const { facts, denial } = readFacts(ctx.req, active.trust)
    const passage = { exchange: new Exchange(ctx, facts), active, heads: [active.policy.bareHead] }
    passage.exchange.policy = active.policy.digest
    this.#watch(passage.exchange)
    const result = denial ?? this.#decide(passage)
    if (!(result instanceof Promise)) return this.#conclude(passage, result)
    return result.then(
      (settled) => this.#conclude(passage, settled),
      (error) => this.#conclude(passage, this.#fault(passage, error)),
    )
  }

  #watch(exchange: Exchange): void {
    exchange.started = this.#world.clock.monotonic()
    exchange.ctx.res.on('close', () => this.#finish(exchange))
    this.#tell(exchange, (observer) => observer.started?.(exchange))
  }

  #decide(passage: Passage): Result | Promise<Result> {
    try {
      return meet(passage, this.#world.admission)
    } catch (error) {
      return this.#fault(passage, error)
    }
  }

  #conclude(passage: Passage, result: Result): Promise<void> | undefined {
    const answer = result instanceof Denial ? refuse(passage.exchange, result) : result
    const heeded = this.#consult(passage, answer, 0)
    if (heeded instanceof Promise) return heeded.then((settled) => this.#send(passage, settled))
    this.#send(passage, heeded)
    return undefined
  }

  /** Asks the observers from `first` on; each sees what those before it left of the answer. */
  #consult(passage: Passage, answer: Answer, first: number): Answer | Promise<Answer> {
    const observer = this.#consulted[first]
    if (observer === undefined) return answer
    const verdict = this.#ask(passage, observer, answer)
    if (!(verdict instanceof Promise)) return this.#consult(passage, heed(passage, answer, verdict), first + 1)
    // Nobody listens to the body meanwhile, and a stream's error that nobody hears ends the process.
    if (answer.body instanceof Readable) answer.body.on('error', () => {})
    return verdict
      .catch((error) => this.#fault(passage, error))
      .then((late) => this.#consult(passage, heed(passage, answer, late), first + 1))
  }

  #ask(passage: Passage, observer: Observer, answer: Answer): Denial | undefined | Promise<Denial | undefined> {
    try {
      return observer.answering?.(passage.exchange, answer)
    } catch (error) {
      return this.#fault(passage, error)
    }
  }

  /** An answer that HTTP cannot carry becomes a fault, with as much of the route's head as can be written. */
  #send(passage: Passage, answer: Answer): void {
    const { exchange, active, heads } = passage
    const fail = (error: unknown) => this.#log(exchange, error, 'answer cut short')
    try {
      this.#answer(exchange, { answer, heads, fail })
    } catch (error) {
      discard(answer)
      this.#sendFault(passage, error, [heads, [active.policy.bareHead], []])
    }
  }

  #sendFault(passage: Passage, error: unknown, attempts: readonly (readonly WriteHead[])[]): void {
    const { exchange } = passage
    const { res } = exchange.ctx
    const [heads, ...others] = attempts
    const answer = refuse(exchange, this.#fault(passage, error))
    try {
      if (!res.headersSent) for (const name of res.getHeaderNames()) res.removeHeader(name)
      if (heads === undefined) res.destroy()
      else this.#answer(exchange, { answer, heads, fail: () => {} })
    } catch (again) {
      this.#sendFault(passage, again, others)
    }
  }

  #finish(exchange: Exchange): void {
    const { res } = exchange.ctx
    const status = res.headersSent ? res.statusCode : clientClosedRequest
    const milliseconds = this.#world.clock.monotonic() - exchange.started
    const outcome = { status, milliseconds, aborted: !isDelivered(res) }
    this.#tell(exchange, (observer) => observer.finished?.(exchange, outcome))
    this.#attempt(exchange, () => exchange.release())
    const { socket } = res.req
    if (exchange.decision.denial !== undefined && !isClosing(socket)) this.#attempt(exchange, () => giveWay(socket))
  }

  #tell(exchange: Exchange, tell: (observer: Observer) => void): void {
    for (const observer of this.#observers) this.#attempt(exchange, () => tell(observer))
  }

  #attempt(exchange: Exchange, act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#log(exchange, error, 'observer failed')
    }
  }

  /** A handler may throw a denial; whatever else is thrown is a bug, of which the client learns nothing. */
  #fault({ exchange }: Passage, error: unknown): Denial {
    if (error instanceof Denial) return error
    const { decision } = exchange
    decision.judge = decision.judges[decision.passed]
    this.#log(exchange, error, 'request failed')
    return internalError
  }

  #log({ requestId, route }: Exchange, error: unknown, event: string): void {
    this.#world.log.error({ err: error, requestId, route: route && `${route.method} ${route.path}` }, event)
  }
}

/** The request meets its stack, or what is answered where there is none. */
function meet(passage: Passage, admission: Admission | undefined): Result | Promise<Result> {
  const { exchange, active } = passage
  const found = active.match.find(exchange.method, exchange.host, exchange.path)
  if (found === undefined) {
    const { heads, result } = detour(exchange, active.match, active.policy.bareHead)
    passage.heads = heads
    return result
  }
  exchange.route = found.stack.facts
  exchange.audit = found.stack.audit
  exchange.input.params = found.params
  passage.heads = found.stack.heads
  exchange.decision.judges = found.stack.judges
  if (found.stack.isVital === true) return run(exchange, found.stack)
  const verdict = admission?.admit(exchange, active.policy.settings.limits)
  if (verdict instanceof Promise) return verdict.then((denial) => denial ?? run(exchange, found.stack))
  return verdict ?? run(exchange, found.stack)
}

/** The answer, or the refusal that an observer puts in its place: then no guard is its judge. */
function heed(passage: Passage, answer: Answer, denial: Denial | undefined): Answer {
  if (denial === undefined) return answer
  discard(answer)
  passage.exchange.decision.judge = undefined
  return refuse(passage.exchange, denial)
}
