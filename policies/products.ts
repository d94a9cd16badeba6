/** The catalogue's handlers: what reaches them was checked by `products.yaml`. */

import type { RouteHandler } from 'portcullis'
import type { Inputs } from './inputs.ts'

interface Product {
  readonly sku: string
  readonly name: string
  readonly cents: number
}

const products: readonly Product[] = [
  { sku: 'TE-0001', name: 'tea, black', cents: 450 },
  { sku: 'TE-0002', name: 'tea, green', cents: 520 },
  { sku: 'CU-0001', name: 'cup, white', cents: 900 },
]
const pageSize = 20

export const list: RouteHandler<Inputs['GET /products']> = (ctx) => {
  const { q = '', page } = ctx.state.input.query
  const found = products.filter(({ name }) => name.includes(q))
  ctx.body = { page, products: found.slice((page - 1) * pageSize, page * pageSize) }
}

/** A handler that sets nothing answers 404. What the cookie lacks, `products.yaml` adds. */
export const find: RouteHandler<Inputs['GET /products/:sku']> = (ctx) => {
  const product = products.find(({ sku }) => sku === ctx.state.input.params.sku)
  if (product === undefined) return
  ctx.set('Set-Cookie', `last-seen=${product.sku}; Path=/products`)
  ctx.body = product
}

export const review: RouteHandler<Inputs['POST /products/:sku/reviews']> = (ctx) => {
  const { params, body } = ctx.state.input
  ctx.status = 201
  ctx.body = { sku: params.sku, by: ctx.state.principal.id || 'a guest', ...body }
}
