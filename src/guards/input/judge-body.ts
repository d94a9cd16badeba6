/** Judges the body: none unless one is declared, streamed unread under `any`, else strict JSON that fits its schema. */

import { isUtf8 } from 'node:buffer'
import { Denial, deny, malformed } from '../../core/denial.ts'
import { readSize } from '../../core/duration.ts'
import type { Exchange } from '../../core/exchange.ts'
import { JsonFault, parseJson } from '../../core/json.ts'
import type { Site } from '../../core/site.ts'
import { compileSchema } from '../../schema/compile.ts'
import type { Validator } from '../../schema/schema.ts'
import type { Services } from '../../services/services.ts'
import type { InputBlock } from './input-block.ts'
import { foundFault, type Judge, type Judgement, judgementOf, nothingFound } from './judgement.ts'
import { readMediaType } from './media-type.ts'

/** As `Judge`, for the one part that may have to be waited for. */
type JudgeBody = (exchange: Exchange) => ReturnType<Judge> | Promise<ReturnType<Judge>>

const undeclared = foundFault({ in: 'body', path: '', rule: 'additionalProperties', message: 'expected no body' })
const missing = foundFault({ in: 'body', path: '', rule: 'required', message: 'expected a body' })
const tooLarge = deny('body_too_large')
/** RFC 9110 §15.5.16: what would be understood. */
const encoded = deny('media_type_unsupported', { headers: ['Accept-Encoding', 'identity'], cause: 'content-encoding' })
const notUtf8 = malformed('Body is not valid UTF-8')

/** Compiles what a block says of the body. */
export function compileBody(block: InputBlock, { route }: Site, { schemas, maxBodyBytes }: Services): JudgeBody {
  const { body, bodyRequired = body !== 'any', contentTypes, maxBytes } = block
  if (body === undefined) return (exchange) => (exchange.body.present ? undeclared : nothingFound)
  const absent = bodyRequired ? missing : nothingFound
  const limit = maxBytes === undefined ? maxBodyBytes : readSize(maxBytes)
  const isReported = route.reportOnly.includes('input')
  if (body === 'any') return judgeUnread({ limit, absent, refuseType: compileTypes(contentTypes), isReported })
  const refuseType = compileTypes(contentTypes ?? ['application/json'])
  return judgeJson({ limit, absent, refuseType, validator: compileSchema(body, { schemas }) })
}

type RefuseType = (header: string | undefined) => Denial | undefined

/** Without a list, every type will do. */
function compileTypes(types: readonly string[] | undefined): RefuseType {
  if (types === undefined) return () => undefined
  const known = new Set(types)
  const refused = deny('media_type_unsupported', { headers: ['Accept', types.join(', ')] })
  return (header = '') => (known.has(header) || known.has(readMediaType(header).essence) ? undefined : refused)
}

interface Terms {
  readonly limit: number
  readonly absent: Judgement
  readonly refuseType: RefuseType
}

/** What a destination takes is bounded while it comes, unless the bound is only being tried out. */
function judgeUnread({ limit, absent, refuseType, isReported }: Terms & { readonly isReported: boolean }): JudgeBody {
  return (exchange) => {
    if (!exchange.body.present) return absent
    if (exchange.body.length > limit) return tooLarge
    if (!isReported) exchange.body.limit = limit
    return refuseType(exchange.ctx.req.headers['content-type']) ?? nothingFound
  }
}

function judgeJson({ limit, absent, refuseType, validator }: Terms & { validator: Validator }): JudgeBody {
  const judge = (exchange: Exchange, bytes: Buffer): ReturnType<Judge> => {
    if (bytes.length === 0) return absent
    const text = bytes.toString()
    // What is not UTF-8 is read as this character.
    if (text.includes('\ufffd') && !isUtf8(bytes)) return notUtf8
    const json = parseJson(text)
    if (json instanceof JsonFault) return malformed(json.message)
    return judgementOf('body', validator.check(json.value), (value, changed) => {
      exchange.input.body = value
      if (changed) exchange.body.replaced = Buffer.from(JSON.stringify(value))
    })
  }
  return (exchange) => {
    if (!exchange.body.present) return absent
    const { 'content-type': type, 'content-encoding': encoding } = exchange.ctx.req.headers
    if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') return encoded
    const refused = refuseType(type) ?? refuseCharset(type)
    if (refused) return refused
    if (exchange.body.length > limit) return tooLarge
    return exchange.body.read(limit).then((bytes) => (bytes instanceof Denial ? bytes : judge(exchange, bytes)))
  }
}

const otherCharset = deny('media_type_unsupported', { message: 'Unsupported charset: expected utf-8' })

/** JSON between systems is UTF-8 (RFC 8259 §8.1). */
function refuseCharset(header = ''): Denial | undefined {
  if (!header.includes(';')) return undefined
  const { charset } = readMediaType(header)
  return charset === undefined || charset === 'utf-8' ? undefined : otherCharset
}
