/** `builtin: openapi`: the OpenAPI document of the routes that the host answers. */

import type { Builtin } from './about.ts'
import { Page } from './page.ts'

const headers = ['Content-Type', 'application/json; charset=utf-8']

/** It shows all routes that are documented, whichever the caller may use: who may read it is for its own route to say. */
export const openapi: Builtin = {
  answers: {
    200: { description: 'The OpenAPI document.', content: { 'application/json': {} } },
    304: { description: 'It has not changed.' },
  },
  compile({ documents }) {
    const pages = new Map<string, Page>()
    return function openapiDestination(exchange) {
      const text = documents.text(exchange.host)
      const page = pages.get(text) ?? new Page(text, headers)
      pages.set(text, page)
      return page.answer(exchange)
    }
  },
}
