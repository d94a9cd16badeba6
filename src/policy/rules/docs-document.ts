/** A page of documentation shows a document, which it has to find and to be given. */

import type { Finding } from '../findings.ts'
import { documentRoute } from '../openapi/select.ts'
import type { Route } from '../policy.ts'
import { isPublic } from '../who.ts'
import { defineRule } from './rule.ts'

export const docsDocument = defineRule({
  rules: {
    'docs/no-document': {
      severity: 'error',
      cause: 'The page shows the OpenAPI document of its host, and no route answers that host with one.',
      hint: 'add `GET /openapi.json` with `builtin: openapi`, in a file for the same hosts',
    },
    'docs/document-needs-token': {
      severity: 'error',
      cause: 'The page fetches the document before anyone can show it a token.',
      hint: 'let the document be `public`, or optional as `[jwt, public]`; `network` can still say from where',
    },
  },
  check: ({ routes }) =>
    routes.filter(isDocs).flatMap((route) => {
      const hosts = route.hosts.length === 0 ? [''] : route.hosts
      return hosts.flatMap((host) => checkHost(route, host, documentRoute(routes, host))).slice(0, 1)
    }),
})

const isDocs = ({ destinations }: Route): boolean =>
  destinations.some(({ handler, value }) => handler.name === 'builtin' && value === 'docs')

function checkHost({ at, key }: Route, host: string, document: Route | undefined): readonly Finding[] {
  const where = host === '' ? '' : ` on \`${host}\``
  const finding = { at, onKey: true }
  if (document === undefined)
    return [{ ...finding, rule: 'docs/no-document', message: `\`${key}\` finds no \`builtin: openapi\`${where}` }]
  if (isPublic(document) || document.broken.has('authenticate')) return []
  const related = [{ at: document.at, message: 'the document', onKey: true }]
  const message = `\`${key}\` cannot fetch \`${document.key}\` without a token`
  return [{ ...finding, rule: 'docs/document-needs-token', message, related }]
}
