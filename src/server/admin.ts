/** The admin listener (`settings.admin`): a server of its own, for whoever brings its token. */

import Koa, { type ParameterizedContext } from 'koa'
import type { Answer } from '../core/answer.ts'
import { Denial, deny } from '../core/denial.ts'
import { Exchange } from '../core/exchange.ts'
import { GateResponse } from '../enforce/gate-response.ts'
import { readFacts, type Trust } from '../enforce/hygiene.ts'
import { refuse } from '../enforce/refusal.ts'
import { respond } from '../enforce/respond.ts'
import type { AdminSettings } from '../policy/admin-settings.ts'
import type { WriteHead } from '../policy/stack.ts'
import type { World } from '../services/services.ts'
import { type AdminState, adminRoutes, type Operated } from './admin-routes.ts'
import { adminToken } from './admin-token.ts'
import { type ConnectionLimits, type Listening, listen } from './listen.ts'

interface Administered extends Operated {
  readonly world: World
  readonly bareHead: WriteHead
  /** The one that holds at the moment: it may be rotated. */
  readonly token: () => string
}

type AdminContext = ParameterizedContext<AdminState> & { readonly matched?: readonly { readonly methods: string[] }[] }

/** Its calls are few and small. */
const limits: ConnectionLimits = {
  headers: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connections: 64,
}

const unknown = deny('route_unknown')
const internalError = deny('internal_error')

/** Opens the listener; rejects with `StartFault` where the address cannot be had. */
export function openAdmin({ host, port }: AdminSettings, about: Administered): Promise<Listening> {
  const koa = new Koa<AdminState>()
  const routes = adminRoutes(about).routes()
  koa.silent = true
  koa.use(new Gate(about, adminToken(about.token)).middleware).use(routes)
  const { world, bareHead } = about
  const change = (name: string) => `write another \`settings.admin.${name}\``
  return listen(koa.callback(), { host, port, change, limits, world, bareHead })
}

/** What every call passes: it is unambiguous, it brings the token, it leaves by the door of all answers, it is logged. */
class Gate {
  readonly #about: Administered
  readonly #refuseCaller: ReturnType<typeof adminToken>
  readonly #trust: Trust

  constructor(about: Administered, refuseCaller: ReturnType<typeof adminToken>) {
    this.#about = about
    this.#refuseCaller = refuseCaller
    this.#trust = { isTrustedProxy: () => false, requestId: about.world.randomId }
  }

  readonly middleware = async (ctx: AdminContext, next: Koa.Next): Promise<void> => {
    if (ctx.res instanceof GateResponse) ctx.res.shut()
    ctx.respond = false
    const { facts, denial } = readFacts(ctx.req, this.#trust)
    const exchange = new Exchange(ctx as Koa.Context, facts)
    ctx.state.body = exchange.body
    const result = denial ?? this.#refuseCaller(ctx.req.headers.authorization) ?? (await this.#route(ctx, next))
    this.#log(exchange, result)
    const answer = result instanceof Denial ? refuse(exchange, result) : result
    const fail = (err: unknown) => this.#about.world.log.error({ err, requestId: facts.requestId }, 'answer cut short')
    respond(exchange, { answer, heads: [this.#about.bareHead], fail })
  }

  async #route(ctx: AdminContext, next: Koa.Next): Promise<Answer | Denial> {
    try {
      await next()
      return ctx.state.result ?? whereNone(ctx)
    } catch (err) {
      this.#about.world.log.error({ err }, 'a call of the admin listener failed')
      return internalError
    }
  }

  #log({ requestId, address, method, path }: Exchange, result: Answer | Denial): void {
    const facts = { listener: 'admin', requestId, address, method, path: path.slice(0, 256), status: result.status }
    const text = `admin: ${method} ${facts.path} → ${result.status}`
    if (result instanceof Denial) {
      const { code, cause, message } = result
      this.#about.world.log.warn({ ...facts, code, cause: cause ?? message }, `${text} ${code}`)
    } else this.#about.world.log[method === 'POST' ? 'info' : 'debug'](facts, text)
  }
}

/** 405 where the path is there, and answers other methods. */
function whereNone({ matched = [] }: AdminContext): Denial {
  const methods = matched.flatMap((layer) => layer.methods)
  return methods.length === 0 ? unknown : deny('method_not_allowed', { headers: ['Allow', methods.join(', ')] })
}
