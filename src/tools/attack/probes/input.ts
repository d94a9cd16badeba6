/** What may not come in: each rule of the input broken by one, and bodies that cannot be read. */

import type { Code } from '../../../core/denial.ts'
import { readSize } from '../../../core/duration.ts'
import type { InputBlock } from '../../../guards/input/input-block.ts'
import { compileSchema } from '../../../schema/compile.ts'
import type { Probe } from '../probe.ts'
import { breaks } from '../schema/breaks.ts'
import { accepts, type Schemas, type Witnessed } from '../schema/witness.ts'
import type { BodyShape, Places, Target } from '../target.ts'
import { textOf } from '../write-request.ts'
import { probeRead, type Refuse, titleOf } from './bodies.ts'

const invalid: readonly Code[] = ['input_invalid']
const mostBytes = 4_000_000

export function probeInput(target: Target, schemas: Schemas, maxBody: number): readonly Probe[] {
  if (!target.enforces('input')) return []
  return [
    ...(['path', 'query', 'header', 'cookie'] as const).flatMap((place) => probePlace(target, place, schemas)),
    ...probeQuery(target),
    ...(target.body === undefined ? probeNoBody(target) : probeBody(target, target.body, { maxBody, schemas })),
  ]
}

function probePlace(target: Target, place: keyof Places, schemas: Schemas): readonly Probe[] {
  if (place === 'query' && isOpen(target)) return []
  const witnessed = target.places[place]
  const reads = compileSchema(witnessed.schema, { schemas, readStrings: true })
  const isWritable = writable[place]
  return breaks(witnessed).flatMap((broken) => {
    const value = asTexts(broken.value)
    if (
      value === undefined ||
      !Object.entries(value).every(([name, text]) => isWritable(name, text)) ||
      accepts(reads, value)
    )
      return []
    if (place !== 'query' && broken.rule === 'additionalProperties') return []
    const places = { [place]: { ...witnessed, value } as Witnessed }
    return [
      target.probe('input', titleOf(nounOf[place], broken), target.request({ places }), {
        kind: 'refused',
        codes: invalid,
      }),
    ]
  })
}

/** As they stand in a request: lists are repeated parameters, everything else is text. */
function asTexts(value: unknown): Readonly<Record<string, string | string[]>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, Array.isArray(member) ? member.map(textOf) : textOf(member)]),
  )
}

type IsWritable = (name: string, text: string | string[]) => boolean
const texts = (text: string | string[]): readonly string[] => [text].flat()

/** What the place can hold at all; what it cannot is refused for that, or is another request. */
const writable: Readonly<Record<keyof Places, IsWritable>> = {
  path: (_, text) => typeof text === 'string' && text !== '' && text !== '.' && text !== '..' && !/[/\\\0]/.test(text),
  query: (_, text) => texts(text).length > 0,
  header: (name, text) =>
    /^[\w-]+$/.test(name) && texts(text).length === 1 && /^[!-~]([ -~]*[!-~])?$/.test(texts(text)[0] ?? ''),
  cookie: (name, text) => /^[\w-]+$/.test(name) && texts(text).every((each) => /^[!#-+\--:<-[\]-~]+$/.test(each)),
}

const nounOf: Readonly<Record<keyof Places, string>> = {
  path: 'a path parameter',
  query: 'a query',
  header: 'a header',
  cookie: 'a cookie',
}

/** Whether any query parameter passes. */
const isOpen = ({ route }: Target): boolean =>
  (route.blocks.get('input')?.value as InputBlock | undefined)?.query === 'any'

/** A parameter that nobody declared. */
function probeQuery(target: Target): readonly Probe[] {
  if (isOpen(target)) return []
  const request = target.request()
  const joint = request.target.includes('?') ? '&' : '?'
  return ['portcullis-attack=1', '__proto__=1', 'constructor=1'].map((more) =>
    target.probe(
      'input',
      `an undeclared query parameter \`${more.split('=')[0]}\``,
      { ...request, target: `${request.target}${joint}${more}` },
      { kind: 'refused', codes: invalid },
    ),
  )
}

const probeNoBody = (target: Target): readonly Probe[] => [
  target.probe(
    'input',
    'a body where none is declared',
    target.request({ body: '{"portcullis":"attack"}', contentType: 'application/json' }),
    {
      kind: 'refused',
      codes: [...invalid, 'media_type_unsupported'],
    },
  ),
]

interface Known {
  readonly schemas: Schemas
  readonly maxBody: number
}

function probeBody(target: Target, body: BodyShape, { maxBody, schemas }: Known): readonly Probe[] {
  const refuse: Refuse = (title, change, codes) =>
    target.probe('input', title, target.request(change), { kind: 'refused', codes })
  const limit = body.maxBytes === undefined ? maxBody : readSize(body.maxBytes)
  return [
    ...(body.required ? [refuse('no body', { body: undefined }, invalid)] : []),
    ...(body.isOpen
      ? []
      : [refuse('a body of another type', { contentType: 'text/x-portcullis-attack' }, ['media_type_unsupported'])]),
    ...(limit <= mostBytes
      ? [refuse('a body that is one byte too large', { body: 'x'.repeat(limit + 1) }, ['body_too_large'])]
      : []),
    ...(body.read === undefined ? [] : probeRead(body.read, refuse, schemas)),
  ]
}
