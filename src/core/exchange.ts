/** One request on its way through its stack: what is known of it, what was decided, what must be given back. */

import type { IncomingHttpHeaders } from 'node:http'
import type { Context } from 'koa'
import type { AuditEntry, AuditPlan } from './audit.ts'
import { Body } from './body.ts'
import type { Decision } from './decision.ts'
import type { Denial } from './denial.ts'
import { anonymous, type Principal } from './principal.ts'
import type { Quota } from './quota.ts'
import type { RouteFacts } from './site.ts'

/** The input as the schema left it: read, transformed, defaults filled in. */
export interface Input {
  /** Percent-decoded by matching; read as their declared types by the `input` guard. */
  params: Readonly<Record<string, unknown>>
  query: Readonly<Record<string, unknown>>
  headers: Readonly<Record<string, unknown>>
  cookies: Readonly<Record<string, unknown>>
  body: unknown
  /** Those of a `multipart/form-data` body, by field. */
  files: Readonly<Record<string, readonly FormFile[]>>
}

/** One file of a form. */
export interface FormFile {
  /** As the client calls it: a name without a path. */
  readonly name: string
  /** The media type that the client declares, in lower case, without parameters; empty where none. The content may be another. */
  readonly type: string
  readonly bytes: Uint8Array
}

/** What hygiene read off the request, once; everything after it uses these. */
export interface Facts {
  readonly method: string
  /** Decoded and normalised once; matched, audited and sent upstream as it stands. */
  readonly path: string
  /** The query as it came, without `?`. */
  readonly query: string
  /** Lower case, without port. */
  readonly host: string
  /** The client's address; IPv4-mapped IPv6 is IPv4. */
  readonly address: string
  readonly secure: boolean
  readonly requestId: string
}

export class Exchange implements Facts {
  readonly ctx: Context
  readonly method: string
  readonly path: string
  readonly query: string
  readonly host: string
  readonly address: string
  readonly secure: boolean
  readonly requestId: string
  /** When it began, on the clock that never goes back. */
  started = 0
  readonly body: Body
  readonly decision: Decision
  readonly input: Input
  /** The query as it goes on, without `?`, where a transform or a default changed it. */
  sanitisedQuery: string | undefined
  /** All request headers as they go on, where a transform or a default changed one. */
  sanitisedHeaders: IncomingHttpHeaders | undefined
  /** The route that the request met; none before matching, and where nothing matched. */
  route: RouteFacts | undefined
  /** What that route puts on record. */
  audit: AuditPlan | undefined
  /** The digest of the policy that it is judged by. */
  policy: string | undefined
  principal: Principal = anonymous
  /** The id of the API key by which the principal is known, where it is one. */
  apiKey: string | undefined
  /** Set by `authenticate` where it lets a caller without a credential in: what such a one is told that needs it after all. */
  credentialMissing: Denial | undefined
  /** Set by `authenticate`: request headers (lower case) that carried a credential; they do not go upstream. */
  credentials: readonly string[] = []
  /** Set by `authenticate`: the names of the cookies that carried one. */
  credentialCookies: readonly string[] = []
  /** Of the limits taken so far, what is left of the one nearest to its end. */
  quota: Quota | undefined
  /** What the destination is recorded as, where it knows better than its method. */
  event: { readonly name: string; readonly details?: AuditEntry['details'] } | undefined
  /** What the route's loader found, for conditions and handlers. */
  resource: unknown
  /** Milliseconds until the answer's head, and between bytes of its body. */
  timeout = { head: 30_000, idle: 60_000 }
  #deferred: (() => void)[] | undefined
  #over = false

  constructor(ctx: Context, facts: Facts) {
    this.ctx = ctx
    this.method = facts.method
    this.path = facts.path
    this.query = facts.query
    this.host = facts.host
    this.address = facts.address
    this.secure = facts.secure
    this.requestId = facts.requestId
    this.body = new Body(ctx.req, ctx.res)
    this.decision = { judges: [], passed: 0, reported: [], denial: undefined, judge: undefined }
    this.input = { params: {}, query: {}, headers: {}, cookies: {}, body: undefined, files: {} }
  }

  /** Gives back what a step took: runs once, when the answer is finished or the client is gone; at once if it is already. */
  defer(release: () => void): void {
    if (this.#over) release()
    else if (this.#deferred) this.#deferred.push(release)
    else this.#deferred = [release]
  }

  /** Runs what was deferred, last first, whichever of it throws; the engine calls it once the exchange is over. */
  release(): void {
    this.#over = true
    const last = this.#deferred?.pop()
    if (last === undefined) return
    try {
      last()
    } finally {
      this.release()
    }
  }
}
