/** An exchange of its own, with no server around it. */

import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Koa from 'koa'
import { Exchange, type Input } from '../../src/core/exchange.ts'
import type { Principal } from '../../src/core/principal.ts'

interface Given {
  readonly principal?: Partial<Principal>
  readonly input?: Partial<Input>
  readonly resource?: unknown
}

const nobody: Principal = { id: 'u1', issuer: 'shop', scopes: [], roles: [], claims: {} }

/** A request of user `u1` of issuer `shop`, unless told. */
export function exchangeOf({ principal, input, resource }: Given = {}): Exchange {
  const req = new IncomingMessage(new Socket())
  const facts = {
    method: 'GET',
    path: '/',
    query: '',
    host: 'test',
    address: '192.0.2.1',
    secure: false,
    requestId: 'r1',
  }
  const exchange = new Exchange(new Koa().createContext(req, new ServerResponse(req)), facts)
  exchange.principal = { ...nobody, ...principal }
  exchange.resource = resource
  Object.assign(exchange.input, input)
  return exchange
}
