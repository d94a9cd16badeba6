/** The model's view of the input: each part read and judged, and what goes on in place of what came. */

import type { Input, Json } from '../policy.ts'
import { cookiesOf } from './authenticate.ts'
import { readJson } from './json.ts'
import { type Asked, headerOf, readQuery, type Target } from './request.ts'
import { judge, readTexts } from './schema.ts'

export interface Accepted {
  readonly params: Json
  readonly query: Json
  readonly headers: Json
  readonly body: unknown
  /** What arrives has these meanings; undefined where the bytes go on as they came. */
  readonly sanitised: { readonly query?: Json; readonly body?: unknown }
}

type Texts = ReadonlyMap<string, string | readonly string[]>
type Schemas = Readonly<Record<string, Json>>

interface Part {
  readonly schemas: Schemas
  readonly declared: Readonly<Record<string, Json>>
  /** Whether what is not declared is refused. */
  readonly closed: boolean
}

/** The values of one part; undefined where it does not fit. */
function judgePart(texts: Texts, { declared, schemas, closed }: Part): Json | undefined {
  const values: Record<string, unknown> = Object.create(null)
  if (closed && [...texts.keys()].some((name) => !Object.hasOwn(declared, name))) return undefined
  for (const [name, { required, ...schema }] of Object.entries(declared)) {
    const came = texts.get(name)
    if (came === undefined && schema.default !== undefined) values[name] = schema.default
    if (came === undefined && schema.default === undefined && required === true) return undefined
    if (came === undefined) continue
    const judged = judge(schema, readTexts(came, schema), schemas)
    if (judged === undefined) return undefined
    values[name] = judged.value
  }
  return values
}

function judgeParams(params: Readonly<Record<string, string>>, { params: declared = {} }: Input, schemas: Schemas) {
  const undeclared = { type: 'string', maxLength: 256 }
  const all = Object.fromEntries(Object.keys(params).map((name) => [name, declared[name] ?? undeclared]))
  return judgePart(new Map(Object.entries(params)), { declared: all, schemas, closed: false })
}

const isJsonType = (header: string | undefined): boolean =>
  /^application\/json *(; *charset="?utf-8"? *)?$/i.test(header ?? '')

/** The body as it goes on, or the code that refuses it; `size` is the bound where the route says none. */
function judgeBody(
  asked: Asked,
  input: Input,
  schemas: Schemas,
): { readonly body: unknown; readonly changed: boolean } | string {
  const { body: schema, bodyRequired = schema !== 'any', maxBytes = '100kb' } = input
  const none = { body: undefined, changed: false }
  const { body } = asked
  const absent = bodyRequired && schema !== undefined ? 'input_invalid' : none
  if (body === undefined) return absent
  if (schema === undefined) return 'input_invalid'
  const isTooLarge = body.length > Number.parseInt(maxBytes, 10) * 1024
  if (schema === 'any') return isTooLarge ? 'body_too_large' : none
  if (!isJsonType(headerOf(asked, 'content-type'))) return 'media_type_unsupported'
  if ((headerOf(asked, 'content-encoding') ?? 'identity').toLowerCase() !== 'identity') return 'media_type_unsupported'
  if (isTooLarge) return 'body_too_large'
  if (body.length === 0) return absent
  const json = readJson(body)
  if (json === undefined) return 'request_malformed'
  const judged = judge(schema, json.value, schemas)
  if (judged === undefined) return 'input_invalid'
  return { body: judged.value, changed: JSON.stringify(judged.value) !== JSON.stringify(json.value) }
}

export interface Given {
  readonly asked: Asked
  readonly target: Target
  readonly params: Readonly<Record<string, string>>
  readonly schemas: Schemas
}

const spelled = (value: unknown): readonly string[] => [value].flat().map(String)

/** Whether something else goes on than came: a transform or a default made it. */
const isChanged = (values: Json, texts: Texts): boolean =>
  Object.entries(values).some(([name, value]) => {
    const came = texts.get(name)
    const isSpelt = (text: string, index: number) =>
      typeof [value].flat()[index] === 'number'
        ? Number(text) === [value].flat()[index]
        : text === spelled(value)[index]
    return came === undefined || ![came].flat().every(isSpelt)
  })

/** What is let through, or the code that refuses it: what cannot be read is told before what does not fit. */
export function judgeInput({ asked, target, params, schemas }: Given, input: Input): Accepted | string {
  const texts = readQuery(target.query)
  if (texts === undefined) return 'request_malformed'
  const { query: declared = {} } = input
  const query = declared === 'any' ? Object.fromEntries(texts) : judgePart(texts, { declared, schemas, closed: true })
  const body = judgeBody(asked, input, schemas)
  if (typeof body === 'string' && body !== 'input_invalid') return body
  const values = judgeParams(params, input, schemas)
  const sent = { ...judgeSent(asked, input, schemas) }
  if (typeof body === 'string' || query === undefined || values === undefined || sent.headers === undefined)
    return 'input_invalid'
  const changed = declared !== 'any' && isChanged(query, texts)
  const sanitised = { ...(changed && { query }), ...(body.changed && { body: body.body }) }
  return { params: values, query, headers: sent.headers, body: body.body, sanitised }
}

/** Headers and cookies of which schemas say something; all others pass. */
function judgeSent(
  asked: Asked,
  { headers = {}, cookies = {} }: Input,
  schemas: Schemas,
): { readonly headers: Json | undefined } {
  const all = new Map(asked.headers.map(([name]) => [name.toLowerCase(), headerOf(asked, name.toLowerCase()) ?? '']))
  const own = Object.fromEntries(Object.entries(headers).map(([name, schema]) => [name.toLowerCase(), schema]))
  const judged = judgePart(all, { declared: own, schemas, closed: false })
  const jar = new Map(
    Object.keys(cookies).flatMap((name) => {
      const values = cookiesOf(asked, name)
      return values.length === 0 ? [] : [[name, values.length === 1 ? (values[0] ?? '') : values] as const]
    }),
  )
  const fits = judgePart(jar, { declared: cookies, schemas, closed: false }) !== undefined
  return { headers: judged !== undefined && fits ? { ...Object.fromEntries(all), ...judged } : undefined }
}
