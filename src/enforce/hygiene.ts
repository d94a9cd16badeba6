/** Hygiene: one unambiguous request, read once, or its refusal, before anything is matched. */

import type { IncomingMessage } from 'node:http'
import { Denial } from '../core/denial.ts'
import type { Facts } from '../core/exchange.ts'
import { readClient, readPeer } from './client.ts'
import { refuseFraming } from './framing.ts'
import { readHost } from './host.ts'
import { readTarget } from './target.ts'

/** Whose word counts, and where request ids come from. */
export interface Trust {
  /** Whether the forwarding headers that this address sends count. */
  readonly isTrustedProxy: (address: string) => boolean
  /** Makes the id of a request that brought none. */
  readonly requestId: () => string
}

export interface Reading {
  /** Of a refused request: as much as could be read, for logs and for the id in its answer. */
  readonly facts: Facts
  readonly denial: Denial | undefined
}

const acceptableId = /^[A-Za-z0-9._-]{1,64}$/

function readRequestId(req: IncomingMessage, trust: Trust): string {
  const brought = req.headers['x-request-id']
  return typeof brought === 'string' && acceptableId.test(brought) ? brought : trust.requestId()
}

/** What a refused request asked for, short enough to be logged; without the query, which may hold secrets. */
const unreadTarget = (url: string) => ({ path: url.slice(0, 256).replace(/\?.*/s, ''), query: '' })

const unread = <T>(value: T | Denial, otherwise: T): T => (value instanceof Denial ? otherwise : value)
const denialIn = (value: unknown): Denial | undefined => (value instanceof Denial ? value : undefined)

/** Reads the facts of a request; never throws. */
export function readFacts(req: IncomingMessage, trust: Trust): Reading {
  const url = req.url ?? ''
  const host = readHost(req)
  const target = readTarget(url, req.headers.host ?? '')
  const client = readClient(req, trust.isTrustedProxy)
  const denial = refuseFraming(req) ?? denialIn(host) ?? denialIn(target) ?? denialIn(client)
  const { path, query } = target instanceof Denial ? unreadTarget(url) : target
  const { address, secure } = client instanceof Denial ? readPeer(req.socket) : client
  return {
    facts: {
      method: req.method ?? '',
      path,
      query,
      host: unread(host, ''),
      address,
      secure,
      requestId: readRequestId(req, trust),
    },
    denial,
  }
}
