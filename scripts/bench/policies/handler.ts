/** What every server of the bench answers to an allowed request. */

import type { RouteHandler } from 'portcullis'

export const create: RouteHandler<{ params: { id: string } }> = (ctx) => {
  ctx.status = 201
  ctx.body = { id: ctx.state.input.params.id, accepted: true }
}
