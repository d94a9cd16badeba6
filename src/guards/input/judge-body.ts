/** Judges the body: none unless one is declared, streamed unread under `any`, else JSON or a form that fits its schema. */

import { Denial, deny } from '../../core/denial.ts'
import { readSize } from '../../core/duration.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Site } from '../../core/site.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import type { Services } from '../../services/services.ts'
import { type InputBlock, typesOf } from './input-block.ts'
import type { JudgeBytes } from './judge-bytes.ts'
import { compileForm } from './judge-form.ts'
import { compileJson } from './judge-json.ts'
import { compileMultipart } from './judge-multipart.ts'
import { foundFault, type Judge, type Judgement, nothingFound } from './judgement.ts'
import { formOf, readMediaType } from './media-type.ts'

/** As `Judge`, for the one part that may have to be waited for. */
type JudgeBody = (exchange: Exchange) => ReturnType<Judge> | Promise<ReturnType<Judge>>

const undeclared = foundFault({ in: 'body', path: '', rule: 'additionalProperties', message: 'expected no body' })
const missing = foundFault({ in: 'body', path: '', rule: 'required', message: 'expected a body' })
const tooLarge = deny('body_too_large')
/** RFC 9110 §15.5.16: what would be understood. */
const encoded = deny('media_type_unsupported', { headers: ['Accept-Encoding', 'identity'], cause: 'content-encoding' })

/** Compiles what a block says of the body. */
export function compileBody(block: InputBlock, { route }: Site, services: Services): JudgeBody {
  const { body, bodyRequired = body !== 'any', contentTypes, files, maxBytes } = block
  if (body === undefined && files === undefined)
    return (exchange) => (exchange.body.present ? undeclared : nothingFound)
  const absent = bodyRequired ? missing : nothingFound
  const limit = maxBytes === undefined ? services.maxBodyBytes : readSize(maxBytes)
  const isReported = route.reportOnly.includes('input')
  if (body === 'any') return judgeUnread({ limit, absent, ofType: judgementsOf(contentTypes), isReported })
  return judgeWhole({ limit, absent, ofType: ofTypes(compileJudges(block, services)) })
}

/** What a `Content-Type` leads to. */
type OfType<T> = (header: string | undefined) => T | Denial

/** Without a list, every type will do. */
const judgementsOf = (types: readonly string[] | undefined): OfType<Judgement> =>
  types === undefined ? () => nothingFound : ofTypes(new Map(types.map((type) => [type, nothingFound])))

function ofTypes<T>(byType: ReadonlyMap<string, T>): OfType<T> {
  const refused = deny('media_type_unsupported', { headers: ['Accept', [...byType.keys()].join(', ')] })
  return (header = '') => byType.get(header) ?? byType.get(readMediaType(header).essence) ?? refused
}

/** What judges a body, by its media type. */
function compileJudges(block: InputBlock, services: Services): ReadonlyMap<string, JudgeBytes> {
  const { body, files = {} } = block
  const schema: JsonSchema = typeof body === 'object' ? body : { type: 'object' }
  const compile = {
    json: () => compileJson(schema, services),
    form: () => compileForm(schema, services),
    multipart: () => compileMultipart({ schema, files }, services),
  }
  return new Map(typesOf(block).map((type) => [type, compile[formOf(type) ?? 'json']()]))
}

interface Terms<T> {
  readonly limit: number
  readonly absent: Judgement
  readonly ofType: OfType<T>
}

/** What a destination takes is bounded while it comes, unless the bound is only being tried out. */
function judgeUnread(terms: Terms<Judgement> & { readonly isReported: boolean }): JudgeBody {
  const { limit, absent, ofType, isReported } = terms
  return (exchange) => {
    if (!exchange.body.present) return absent
    if (exchange.body.length > limit) return tooLarge
    if (!isReported) exchange.body.limit = limit
    return ofType(exchange.ctx.req.headers['content-type'])
  }
}

function judgeWhole({ limit, absent, ofType }: Terms<JudgeBytes>): JudgeBody {
  return (exchange) => {
    if (!exchange.body.present) return absent
    const { 'content-type': type, 'content-encoding': encoding } = exchange.ctx.req.headers
    if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') return encoded
    const judge = ofType(type)
    if (judge instanceof Denial) return judge
    const refused = refuseCharset(type)
    if (refused) return refused
    if (exchange.body.length > limit) return tooLarge
    return exchange.body.read(limit).then((bytes) => {
      if (bytes instanceof Denial) return bytes
      return bytes.length === 0 ? absent : judge(exchange, bytes)
    })
  }
}

const otherCharset = deny('media_type_unsupported', { message: 'Unsupported charset: expected utf-8' })

/** JSON between systems is UTF-8 (RFC 8259 §8.1), and so are forms (WHATWG URL §5). */
function refuseCharset(header = ''): Denial | undefined {
  if (!header.includes(';')) return undefined
  const { charset } = readMediaType(header)
  return charset === undefined || charset === 'utf-8' ? undefined : otherCharset
}
