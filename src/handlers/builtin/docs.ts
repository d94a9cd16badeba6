/** `builtin: docs`: the OpenAPI document as a page to read and to try out, by Swagger UI. */

import { deny } from '../../core/denial.ts'
import type { Builtin } from './about.ts'
import { Page } from './page.ts'
import { readSwaggerUi } from './swagger-ui.ts'

const withoutDocument = deny('not_found', { cause: 'this host has no route with `builtin: openapi`' })

export const docs: Builtin = {
  answers: {
    200: { description: 'A page for browsers.', content: { 'text/html': {} } },
    304: { description: 'It has not changed.' },
  },
  compile({ documents }) {
    const ui = readSwaggerUi()
    const headers = ['Content-Type', 'text/html; charset=utf-8', 'Content-Security-Policy', ui.contentSecurityPolicy]
    const pages = new Map<string, Page>()
    return function docsDestination(exchange) {
      const path = documents.path(exchange.host)
      if (path === undefined) return withoutDocument
      const page = pages.get(path) ?? new Page(ui.html(path), headers)
      pages.set(path, page)
      return page.answer(exchange)
    }
  },
}
