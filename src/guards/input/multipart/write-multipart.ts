/** Writes a form anew where a schema changed a text of it; its files stay as they came. */

import { spell, type Values } from '../parameters.ts'
import type { Part } from './read-multipart.ts'

/** Undefined where a text holds the boundary: it would end its part. */
export function writeMultipart(boundary: string, values: Values, files: readonly Part[]): Buffer | undefined {
  const texts = Object.entries(values).flatMap(([name, value]) =>
    spell(value).map((text) => `Content-Disposition: form-data; name="${escaped(name)}"\r\n\r\n${text}`),
  )
  if (texts.some((text) => text.includes(`--${boundary}`))) return undefined
  const parts = [...texts.map((text) => Buffer.from(text)), ...files.map(({ bytes }) => bytes)]
  const written = parts.flatMap((part) => [Buffer.from(`--${boundary}\r\n`), part, Buffer.from('\r\n')])
  return Buffer.concat([...written, Buffer.from(`--${boundary}--\r\n`)])
}

/** As browsers write names (HTML, multipart form data). */
const escaped = (name: string): string => name.toWellFormed().replace(/["\r\n]/g, (char) => encodeURIComponent(char))
