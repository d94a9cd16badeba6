/** The documents that a server shows: one for each set of routes that its hosts answer. */

import type { ApiDocuments } from '../../services/openapi.ts'
import type { Policy } from '../policy.ts'
import { openApiDocument } from './document.ts'
import { documentRoute, wildcardOf } from './select.ts'

/** Makes each document when it is first asked for, of a policy whose references are filled in. */
export function documentsOf(policy: Policy): ApiDocuments {
  const known = new Set(policy.routes.flatMap(({ hosts }) => hosts))
  const texts = new Map<string, string>()
  // There are as many documents as hosts in the policies, whatever hosts clients name.
  const keyOf = (host: string): string => [host, wildcardOf(host)].find((name) => known.has(name)) ?? ''
  return {
    text(host) {
      const key = keyOf(host)
      const text = texts.get(key) ?? JSON.stringify(openApiDocument(policy, key))
      texts.set(key, text)
      return text
    },
    path: (host) => documentRoute(policy.routes, host)?.path,
  }
}
