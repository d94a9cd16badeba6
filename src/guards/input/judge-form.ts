/** Judges `application/x-www-form-urlencoded` bodies: fields are read as parameters of a query are. */

import { Denial, malformed } from '../../core/denial.ts'
import { compileSchema } from '../../schema/compile.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import type { Services } from '../../services/services.ts'
import { isOtherCharset, isTooLong, longestName } from './field-names.ts'
import type { JudgeBytes } from './judge-bytes.ts'
import { judgeFields } from './judge-fields.ts'
import type { Texts, Values } from './parameters.ts'
import { readQuery, refusalsOf, writeQuery } from './query.ts'

const refusals = refusalsOf('Form', 'fields')
const hasControls = malformed('Form has a control character')
const notAscii = malformed('Form has a character that is not percent-encoded')
const longName = malformed(`Form has a field name longer than ${longestName} bytes`)
const otherCharset = malformed('Form asks to be read in another charset than UTF-8')

export function compileForm(body: JsonSchema, { schemas }: Services): JudgeBytes {
  const validator = compileSchema<Values>(body, { schemas, readStrings: true })
  return (exchange, bytes) => {
    const texts = readForm(bytes.toString('latin1'))
    if (texts instanceof Denial) return texts
    return judgeFields({ validator, texts, write: writeForm }, exchange)
  }
}

const writeForm = (values: Values): Buffer => Buffer.from(writeQuery(values))

/** The fields by name, without prototype; escapes are the only way to characters beyond ASCII (WHATWG URL §5.2). */
function readForm(text: string): Texts | Denial {
  if (/[^\x20-\x7e]/.test(text)) return /[\x80-\xff]/.test(text) ? notAscii : hasControls
  const texts = readQuery(text, refusals)
  if (texts instanceof Denial) return texts
  if (Object.keys(texts).some(isTooLong)) return longName
  if (isOtherCharset(texts)) return otherCharset
  return Object.entries(texts)
    .flat(2)
    .some((each) => each.includes('\0'))
    ? hasControls
    : texts
}
