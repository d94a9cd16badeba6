/** A stream may fail while its handler still works, before anyone reads it: that must not end the process. */

import { Stream } from 'node:stream'
import type Koa from 'koa'
import type { Response } from 'koa'
import { isData } from './data.ts'

const guarded = new WeakSet<Koa>()

/** Makes an app's `ctx.body` hear the errors of a stream from the moment it is set; Koa leaves that to whoever reads it. */
export function guardBodies(app: Koa): void {
  if (guarded.has(app)) return
  guarded.add(app)
  const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(app.response), 'body')
  Object.defineProperty(app.response, 'body', {
    ...own,
    set(this: Response, body: unknown) {
      if (body instanceof Stream) body.on('error', () => undefined)
      // The type that Koa comes to for data, by a longer way.
      if (isData(body) && this.get('Content-Type') === '') this.set('Content-Type', 'application/json; charset=utf-8')
      own?.set?.call(this, body)
    },
  })
}
