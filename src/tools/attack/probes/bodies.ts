/** Bodies that a schema judges: each rule broken by one, in each form that the route takes, and such as cannot be read. */

import type { Code } from '../../../core/denial.ts'
import { readSize } from '../../../core/duration.ts'
import { compileSchema } from '../../../schema/compile.ts'
import type { Probe } from '../probe.ts'
import { type Broken, breaks } from '../schema/breaks.ts'
import { accepts, type Schemas } from '../schema/witness.ts'
import type { ReadBody, Target } from '../target.ts'
import { type BodyWriter, fieldsOf, goodFiles } from '../write-body.ts'

export type Refuse = (title: string, change: Parameters<Target['request']>[0], codes: readonly Code[]) => Probe

const invalid: readonly Code[] = ['input_invalid']
const malformed: readonly Code[] = ['request_malformed']
const unsupported: readonly Code[] = ['media_type_unsupported']
const mostBytes = 1_000_000

export const titleOf = (what: string, { rule, path }: Broken): string =>
  `${what} that breaks \`${rule}\`${path.length > 0 ? ` at /${path.join('/')}` : ''}`

const nounOf: Readonly<Record<BodyWriter['form'], string>> = {
  json: 'a body',
  form: 'a form',
  multipart: 'a multipart form',
}

export const probeRead = (body: ReadBody, refuse: Refuse, schemas: Schemas): readonly Probe[] =>
  body.writers.flatMap((writer) => {
    const probe: Refuse = (title, change, codes) => refuse(title, { contentType: writer.type, ...change }, codes)
    return [
      ...probeRules(body, writer, { refuse: probe, schemas }),
      ...probeSpelling(body, writer, probe),
      ...(writer.form === 'multipart' ? probeFiles(body, writer, probe) : []),
      probe(
        `${nounOf[writer.form]} that says it is compressed`,
        { ...goodOf(body, writer), headers: [['Content-Encoding', 'gzip']] },
        unsupported,
      ),
      probe(
        `${nounOf[writer.form]} in another charset`,
        { ...goodOf(body, writer), contentType: `${writer.type}; charset=utf-7` },
        unsupported,
      ),
    ]
  })

const textOf = ({ witness }: ReadBody, writer: BodyWriter): string => writer.write(witness.value) ?? ''
const goodOf = (body: ReadBody, writer: BodyWriter): { readonly body: string } => ({ body: textOf(body, writer) })

interface Tools {
  readonly refuse: Refuse
  readonly schemas: Schemas
}

/** What a form turns into something that the schema accepts is no break. */
function probeRules({ witness }: ReadBody, writer: BodyWriter, { refuse, schemas }: Tools): readonly Probe[] {
  const reads = compileSchema(witness.schema, { schemas, readStrings: true })
  const isRefused = (value: unknown): boolean => writer.form === 'json' || !accepts(reads, fieldsOf(Object(value)))
  return breaks(witness).flatMap((broken) => {
    const text = writer.write(broken.value)
    if (text === undefined || text === '' || !isRefused(broken.value)) return []
    return [refuse(titleOf(nounOf[writer.form], broken), { body: text }, invalid)]
  })
}

/** Bodies that two readers could read in two ways. */
function probeSpelling(body: ReadBody, writer: BodyWriter, refuse: Refuse): readonly Probe[] {
  const text = textOf(body, writer)
  return spellings[writer.form](text, body.witness.value).map(([title, spelt]) =>
    refuse(title, { body: spelt }, malformed),
  )
}

type Spelling = readonly [title: string, body: string]

const spellings: Readonly<Record<BodyWriter['form'], (text: string, value: unknown) => readonly Spelling[]>> = {
  json: (text, value) => [
    ['JSON that breaks off', text.slice(0, -1) || '{'],
    ...doubled(text, value),
    ['JSON with a byte order mark', `\ufeff${text}`],
  ],
  form: (text) => [
    ['a form with a broken escape', `${text}&attack=%`],
    ['a form with an escape that is not UTF-8', `${text}&attack=%ff`],
    ['a form with an old separator', `${text};attack=1`],
    ['a form with NUL', `${text}&attack=%00`],
  ],
  multipart: (text) => [
    ['a multipart form without its end', text.slice(0, -6)],
    ['a multipart form with a preamble', `attack\r\n${text}`],
    ['a multipart form with an epilogue', `${text}attack`],
    ['a multipart form with bare line feeds', text.replaceAll('\r\n', '\n')],
  ],
}

function doubled(text: string, value: unknown): readonly Spelling[] {
  const [name] = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : []
  return name === undefined ? [] : [['JSON with a member twice', `{${JSON.stringify(name)}:null,${text.slice(1)}`]]
}

/** Files that are not declared, or not as they are. */
function probeFiles(body: ReadBody, writer: BodyWriter, refuse: Refuse): readonly Probe[] {
  const good = goodFiles(body.files)
  const send = (title: string, files: typeof good, codes = invalid): Probe =>
    refuse(title, { body: writer.write(body.witness.value, files) }, codes)
  const others = (field: string): typeof good => good.filter((file) => file.field !== field)
  return [
    send('a file that nobody declared', [...good, { field: 'portcullis-attack', type: 'text/plain', content: 'x' }]),
    ...Object.entries(body.files).flatMap(([field, { contentTypes, maxBytes, maxItems = 1, required }]) => {
      const [type = 'text/plain'] = contentTypes ?? []
      const size = maxBytes === undefined ? mostBytes : readSize(maxBytes)
      return [
        send(`too many files of \`${field}\``, [
          ...good,
          ...Array.from({ length: maxItems }, () => ({ field, type, content: 'x' })),
        ]),
        ...(required ? [send(`no file of \`${field}\``, others(field))] : []),
        ...(contentTypes
          ? [
              send(`a file of \`${field}\` of another type`, [
                ...others(field),
                { field, type: 'text/x-portcullis-attack', content: 'x' },
              ]),
            ]
          : []),
        ...(size < mostBytes
          ? [
              send(
                `a file of \`${field}\` that is too large`,
                [...others(field), { field, type, content: 'x'.repeat(size + 1) }],
                ['input_invalid', 'body_too_large'],
              ),
            ]
          : []),
      ]
    }),
  ]
}
