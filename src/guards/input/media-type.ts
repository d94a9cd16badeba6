/** Media types (RFC 9110 §8.3.1), compared whole. */

interface MediaType {
  /** Type and subtype in lower case. */
  readonly essence: string
  readonly charset: string | undefined
}

/** Reads a `Content-Type`; two charsets, or an odd spelling of one that some readers understand, are one that nobody knows. */
export function readMediaType(header: string): MediaType {
  const [essence = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase())
  const charsets = parameters
    .filter((part) => part.startsWith('charset'))
    .map((part) => (part.startsWith('charset=') ? part.slice('charset='.length) : part))
  return { essence, charset: charsets.length === 0 ? undefined : charsets.map(unquote).join() }
}

const unquote = (text: string): string => (/^".*"$/.test(text) ? text.slice(1, -1) : text)

/** Whether bodies of this type are JSON (RFC 6839 §3.1). */
export const isJson = (essence: string): boolean => essence === 'application/json' || essence.endsWith('+json')

/** How bodies are read that a schema judges. */
export type BodyForm = 'json' | 'form' | 'multipart'

/** The form of bodies of this type; undefined where no schema can judge them. */
export function formOf(essence: string): BodyForm | undefined {
  if (isJson(essence)) return 'json'
  if (essence === 'application/x-www-form-urlencoded') return 'form'
  return essence === 'multipart/form-data' ? 'multipart' : undefined
}
