/** The head of one part (RFC 7578 §4): the few fields that it may have, in the spellings that every reader takes alike. */

import { isUtf8 } from 'node:buffer'
import { isTooLong } from '../field-names.ts'

export interface PartHead {
  readonly name: string
  /** Empty where a form was sent without choosing a file; undefined for a text. */
  readonly fileName: string | undefined
  /** As it stands. */
  readonly contentType: string | undefined
  readonly contentLength: string | undefined
}

const text = String.raw`"([^"\\;]{0,256})"|([A-Za-z0-9_.-]{1,256})`
const disposition = new RegExp(`^form-data; ?name=(?:${text})(?:; ?filename=(?:${text})(?:; ?filename\\*=(\\S+))?)?$`)
const field = /^([A-Za-z-]{1,64}): ?([^\x00-\x08\x0a-\x1f\x7f]*)$/
/** What some readers take for a quote, a line break or a folder. */
const escapes = /%(?:0[0ad]|22|2f|5c)/i
const codings: readonly (string | undefined)[] = [undefined, '7bit', '8bit', 'binary']

/** Reads a head; undefined where two readers could read it in two ways, or where it says more than is known here. */
export function readPartHead(bytes: Buffer): PartHead | undefined {
  const fields = isUtf8(bytes) ? readFields(bytes.toString()) : undefined
  if (fields === undefined) return undefined
  const { 'content-disposition': said = '', 'content-transfer-encoding': coding, ...others } = fields
  const [, quoted, token, quotedFile, tokenFile, extended] = disposition.exec(said) ?? []
  const name = quoted ?? token
  const fileName = quotedFile ?? tokenFile
  if (name === undefined || !isPartName(name) || !codings.includes(coding)) return undefined
  if (fileName !== undefined && fileName !== '' && !isFileName(fileName)) return undefined
  if (extended !== undefined && readExtended(extended) !== fileName) return undefined
  return { name, fileName, contentType: others['content-type'], contentLength: others['content-length'] }
}

const known = ['content-disposition', 'content-type', 'content-length', 'content-transfer-encoding'] as const
type Fields = Partial<Record<(typeof known)[number], string>>

function readFields(head: string): Fields | undefined {
  const fields: Fields = {}
  for (const line of head.split('\r\n')) {
    const [, written = '', value = ''] = field.exec(line) ?? []
    const name = known.find((each) => each === written.toLowerCase())
    if (name === undefined || fields[name] !== undefined) return undefined
    fields[name] = value
  }
  return fields
}

/** Whether a field can have this name. */
export const isPartName = (name: string): boolean =>
  isWord(name) && !isTooLong(name) && /^[^"\\;\x00-\x1f\x7f]*$/.test(name)

const isWord = (text: string): boolean => text !== '' && text === text.trim() && !escapes.test(text)

const isFileName = (name: string): boolean =>
  isWord(name) && !name.includes('/') && name !== '.' && name !== '..' && name.length <= 255

/** RFC 8187 §3.2; undefined where it is not UTF-8. */
function readExtended(written: string): string | undefined {
  const [, encoded] = /^utf-8''(.*)$/i.exec(written) ?? []
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}
