/** Judges JSON bodies: strict JSON in UTF-8 that fits its schema. */

import { isUtf8 } from 'node:buffer'
import { malformed } from '../../core/denial.ts'
import { JsonFault, parseJson } from '../../core/json.ts'
import { compileSchema } from '../../schema/compile.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import type { Services } from '../../services/services.ts'
import type { JudgeBytes } from './judge-bytes.ts'
import { judgementOf } from './judgement.ts'

const notUtf8 = malformed('Body is not valid UTF-8')

/** The text of a body; undefined where it is none in UTF-8. */
export function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString()
  // What is not UTF-8 is read as this character.
  return text.includes('\ufffd') && !isUtf8(bytes) ? undefined : text
}

export function compileJson(body: JsonSchema, { schemas }: Services): JudgeBytes {
  const validator = compileSchema(body, { schemas })
  return (exchange, bytes) => {
    const text = textOf(bytes)
    if (text === undefined) return notUtf8
    const json = parseJson(text)
    if (json instanceof JsonFault) return malformed(json.message)
    return judgementOf('body', validator.check(json.value), (value, changed) => {
      exchange.input.body = value
      if (changed) exchange.body.replaced = Buffer.from(JSON.stringify(value))
    })
  }
}
