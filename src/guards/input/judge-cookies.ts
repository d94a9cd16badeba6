/** Judges the declared cookies; others pass as they came. */

import type { Services } from '../../services/services.ts'
import { isCookieValue, readCookies, writeCookies } from './cookies.ts'
import type { InputBlock } from './input-block.ts'
import { type Judge, nothingFound } from './judgement.ts'
import { compileParameters } from './parameters.ts'
import { judgeSent, replaceHeaders } from './sent.ts'

export function compileCookies({ cookies = {} }: InputBlock, { schemas }: Services): Judge {
  const names = new Set(Object.keys(cookies))
  if (names.size === 0) return () => nothingFound
  const part = { name: 'cookies', validator: compileParameters(cookies, schemas), fits: isCookieValue } as const
  return (exchange) => {
    const { cookie = '' } = exchange.ctx.req.headers
    return judgeSent(part, readCookies(cookie, names), (values, changed) => {
      exchange.input.cookies = values
      if (Object.keys(changed).length > 0) replaceHeaders(exchange, { cookie: writeCookies(cookie, changed) })
    })
  }
}
