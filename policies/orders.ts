/** The orders' handlers and loader: who may reach them was decided by `orders.yaml`. */

import { randomUUID } from 'node:crypto'
import type { ResourceLoader, RouteHandler } from 'portcullis'
import type { Inputs } from './inputs.ts'

interface Order {
  readonly id: string
  readonly ownerId: string
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  readonly note?: string
  status: 'open' | 'cancelled'
}

const first: Order = {
  id: '6f1c2c1e-0b7a-4d0e-9a54-3f1f8e2b7c10',
  ownerId: 'alice',
  lines: [{ sku: 'TE-0001', quantity: 2 }],
  status: 'open',
}
const orders = new Map([[first.id, first]])

/** The order of the path, for the roles to compare its owner with the caller; `null` is answered 404. */
export const find: ResourceLoader = ({ params }) => {
  const order = orders.get(String(params.id))
  return order === undefined ? null : { ...order }
}

/** All there are: `orders.yaml` says what of them goes out. */
export const all: RouteHandler = (ctx) => {
  ctx.body = [...orders.values()]
}

export const create: RouteHandler<Inputs['POST /orders']> = (ctx) => {
  const order: Order = { id: randomUUID(), ownerId: ctx.state.principal.id, status: 'open', ...ctx.state.input.body }
  orders.set(order.id, order)
  ctx.status = 201
  ctx.set('Location', `/orders/${order.id}`)
  ctx.body = order
}

export const show: RouteHandler = (ctx) => {
  ctx.body = ctx.state.resource
}

export const cancel: RouteHandler<Inputs['POST /orders/:id/cancel']> = (ctx) => {
  const order = orders.get(ctx.state.input.params.id)
  if (order !== undefined) order.status = 'cancelled'
  ctx.status = 204
}
