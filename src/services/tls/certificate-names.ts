/** The names that a client certificate holds, by where they stand in it. */

import type { X509Certificate } from 'node:crypto'

export const nameKinds = ['cn', 'dns', 'uri', 'email'] as const
export type NameKind = (typeof nameKinds)[number]

/** As OpenSSL calls them. */
const kinds: Readonly<Record<string, NameKind>> = { DNS: 'dns', URI: 'uri', email: 'email' }

/** Of one kind; the common name of the subject is `cn`, all others are alternative names. */
export function namesOf(certificate: X509Certificate, kind: NameKind): readonly string[] {
  if (kind !== 'cn') return readAlternatives(certificate.subjectAltName ?? '').flatMap((name) => name[kind] ?? [])
  const written: string | readonly string[] | undefined = certificate.toLegacyObject().subject?.CN
  return [written ?? []].flat().filter((name) => name !== '')
}

type Alternative = { readonly [K in NameKind]?: string }

/** What could be taken for the beginning of another name stands in quotes, as JSON. */
const alternative = /([A-Za-z][A-Za-z0-9 ]*):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y

/** Of a text that is not wholly understood, nothing counts. */
function readAlternatives(text: string): readonly Alternative[] {
  const found: Alternative[] = []
  let at = 0
  while (at < text.length) {
    alternative.lastIndex = at
    const [whole, label = '', value = ''] = alternative.exec(text) ?? []
    if (whole === undefined) return []
    at += whole.length
    const kind = Object.hasOwn(kinds, label) ? kinds[label] : undefined
    if (kind !== undefined) found.push({ [kind]: value.startsWith('"') ? JSON.parse(value) : value })
  }
  return found
}
