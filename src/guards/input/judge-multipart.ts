/** Judges `multipart/form-data` bodies: texts by the schema, files by what is declared of them. */

import { isUtf8 } from 'node:buffer'
import { Denial, type InputFault, malformed } from '../../core/denial.ts'
import type { Exchange } from '../../core/exchange.ts'
import { compileSchema } from '../../schema/compile.ts'
import type { JsonSchema, Validator } from '../../schema/schema.ts'
import type { Services } from '../../services/services.ts'
import { isOtherCharset } from './field-names.ts'
import type { JudgeBytes } from './judge-bytes.ts'
import { judgeFields } from './judge-fields.ts'
import { type Judgement, shownPath } from './judgement.ts'
import { readMediaType } from './media-type.ts'
import { readBoundary } from './multipart/boundary.ts'
import { type FileBlocks, filesOf, judgeFiles } from './multipart/judge-files.ts'
import { type Part, readMultipart } from './multipart/read-multipart.ts'
import { writeMultipart } from './multipart/write-multipart.ts'
import type { Texts, Values } from './parameters.ts'
import { add } from './query.ts'

const noBoundary = malformed('Form names no boundary, or one that can be read in two ways')
const notText = malformed('Form has a text that is not valid UTF-8, or holds NUL')
const otherCharset = malformed('Form asks to be read in another charset than UTF-8')

interface Terms {
  /** Of the texts. */
  readonly validator: Validator<Values>
  readonly files: FileBlocks
}

export function compileMultipart(
  { schema, files }: { readonly schema: JsonSchema; readonly files: FileBlocks },
  { schemas }: Services,
): JudgeBytes {
  const terms: Terms = { files, validator: compileSchema(schema, { schemas, readStrings: true }) }
  return (exchange, bytes) => {
    const boundary = readBoundary(exchange.ctx.req.headers['content-type'] ?? '')
    if (boundary === undefined) return noBoundary
    const parts = readMultipart(bytes, boundary)
    if (parts instanceof Denial) return parts
    return judgeParts({ boundary, parts }, terms, exchange)
  }
}

interface Form {
  readonly boundary: string
  readonly parts: readonly Part[]
}

function judgeParts({ boundary, parts }: Form, terms: Terms, exchange: Exchange): Judgement | Denial {
  const [fileParts, textParts] = [parts.filter(isFile), parts.filter((part) => !isFile(part))]
  const texts = readTexts(textParts)
  if (texts instanceof Denial) return texts
  const files = filesOf(fileParts)
  const write = (values: Values): Buffer | undefined => writeMultipart(boundary, values, fileParts)
  const fields = judgeFields({ validator: terms.validator, texts, write }, exchange)
  return {
    faults: [...textFaults(textParts, terms.files), ...judgeFiles(terms.files, files), ...fields.faults],
    accept: () => {
      fields.accept()
      exchange.input.files = files
    },
  }
}

const isFile = ({ fileName }: Part): boolean => fileName !== undefined

/** The texts by field, without prototype. */
function readTexts(parts: readonly Part[]): Texts | Denial {
  const texts: Record<string, string | string[]> = Object.create(null)
  for (const { name, content } of parts) {
    if (!isUtf8(content) || content.includes(0)) return notText
    add(texts, name, content.toString())
  }
  return isOtherCharset(texts) ? otherCharset : texts
}

/** Texts that a reader could take for something else, and such as come in place of a file. */
const textFaults = (parts: readonly Part[], files: FileBlocks): InputFault[] =>
  parts.flatMap(({ name, contentType }) => [
    ...(Object.hasOwn(files, name) ? [fault(name, 'type', 'expected a file')] : []),
    ...(isPlain(contentType) ? [] : [fault(name, 'contentTypes', 'expected a text in UTF-8, of type `text/plain`')]),
  ])

function isPlain(contentType = 'text/plain'): boolean {
  const { essence, charset = 'utf-8' } = readMediaType(contentType)
  return essence === 'text/plain' && charset === 'utf-8'
}

const fault = (name: string, rule: string, message: string): InputFault => ({
  in: 'body',
  path: shownPath([name]),
  rule,
  message,
})
