/** `builtin: docs`: the OpenAPI document as a page to read and to try out, by Swagger UI. */

import { deny } from '../../core/denial.ts'
import type { Builtin } from './about.ts'
import { Page } from './page.ts'
import { readSwaggerUi, swaggerUiFolder } from './swagger-ui.ts'

const withoutDocument = deny('not_found', { cause: 'this host has no route with `builtin: openapi`' })

export const docs: Builtin = {
  answers: {
    200: { description: 'A page for browsers.', content: { 'text/html': {} } },
    304: { description: 'It has not changed.' },
  },
  compile({ documents }) {
    const folder = swaggerUiFolder()
    const pages = new Map<string, Page>()
    return function docsDestination(exchange) {
      const path = documents.path(exchange.host)
      if (path === undefined) return withoutDocument
      const page = pages.get(path) ?? pageOf(folder, path)
      pages.set(path, page)
      return page.answer(exchange)
    }
  },
}

/** Made for the first who asks: two megabytes that most servers never send. */
function pageOf(folder: string, path: string): Page {
  const { contentSecurityPolicy, html } = readSwaggerUi(folder)
  return new Page(html(path), [
    'Content-Type',
    'text/html; charset=utf-8',
    'Content-Security-Policy',
    contentSecurityPolicy,
  ])
}
