/** Values → the text of a body, in each form that a schema judges. */

import { formOf } from '../../guards/input/media-type.ts'
import type { FilePart } from '../../services/openapi.ts'
import { textOf } from './write-request.ts'

export interface BodyWriter {
  /** The `Content-Type` in full. */
  readonly type: string
  readonly form: 'json' | 'form' | 'multipart'
  /** Undefined where the form cannot carry the value. */
  write(value: unknown, files?: readonly SentFile[]): string | undefined
}

/** A file as the attack sends it. */
export interface SentFile {
  readonly field: string
  readonly type: string
  readonly content: string
}

export type Files = Readonly<Record<string, FilePart>>

const boundary = 'portcullis-attack'

/** A writer of bodies of a type; `files` are those that a good one has. */
export function bodyWriter(type: string, files: Files = {}): BodyWriter {
  const form = formOf(type) ?? 'json'
  if (form === 'json') return { type, form, write: (value) => JSON.stringify(value) }
  if (form === 'form') return { type, form, write: writeForm }
  const good = goodFiles(files)
  return { type: `${type}; boundary=${boundary}`, form, write: (value, sent = good) => writeMultipart(value, sent) }
}

/** One of each. */
export const goodFiles = (files: Files): readonly SentFile[] =>
  Object.entries(files).map(([field, { contentTypes: [type = 'text/plain'] = [] }]) => ({ field, type, content: 'x' }))

type Texts = Readonly<Record<string, string | readonly string[]>>

/** The fields of a form, as texts and lists of texts: a list of none is a field that is not there. */
export const fieldsOf = (value: object): Texts =>
  Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => !Array.isArray(member) || member.length > 0)
      .map(([name, member]) => [name, Array.isArray(member) ? member.map(textOf) : textOf(member)]),
  )

/** Undefined for what is no object: a form is nothing else. */
function pairsOf(value: unknown): readonly (readonly [string, string])[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.entries(fieldsOf(value)).flatMap(([name, text]) => [text].flat().map((each) => [name, each] as const))
}

/** One without fields is still a body. */
const writeForm = (value: unknown): string | undefined =>
  pairsOf(value)
    ?.map(([name, text]) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`)
    .join('&')
    .padEnd(1, '&')

function writeMultipart(value: unknown, files: readonly SentFile[]): string | undefined {
  const texts = pairsOf(value)?.map(([name, text]) => partOf(`name="${name}"`, text))
  const parts = files.map(({ field, type, content }) =>
    partOf(`name="${field}"; filename="attack.txt"\r\nContent-Type: ${type}`, content),
  )
  return texts && `${[...texts, ...parts].join('')}--${boundary}--\r\n`
}

const partOf = (head: string, content: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`
