/** Mutated policies before `check`: never a throw, always findings with a place, in bounded time; what is sound compiles. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { createApp } from '../../../src/app.ts'
import { StartFault } from '../../../src/core/start-fault.ts'
import { PolicyRefused } from '../../../src/policy/findings.ts'
import { diagnose } from '../../../src/policy/inspect.ts'
import { createLog } from '../../../src/services/log.ts'
import { createWorld } from '../../../src/services/world.ts'
import { emptyFolder } from '../../helpers/gate.ts'
import { place } from '../../helpers/place.ts'
import { policies } from './any-policy.ts'

const samplesFolder = fileURLToPath(new URL('../../../policies', import.meta.url))
const texts = readdirSync(samplesFolder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(join(samplesFolder, name), 'utf8'))

/** One file of a policy directory. */
export interface YamlSample {
  readonly text: string
}

const words: readonly string[] = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ': ',
    ':',
    ', ',
    '- ',
    '\n',
    '\n  ',
    '\n    ',
    '\t',
    '#',
    '&a ',
    '*a',
    '<<: *a',
    '!!set ',
    '!x ',
    '? ',
    '|\n',
    '>-\n',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
  ],
  ...[
    "'",
    '"',
    '\\',
    '~',
    'null',
    'true',
    'off',
    'inherit',
    'any',
    '.inf',
    '-.inf',
    '.nan',
    '0x10',
    '1e400',
    '9007199254740993',
    '-1',
    '0',
    '1_000',
    '0o7',
  ],
  ...[
    '${user.id}',
    '${env:X}',
    '${env:X:-5}',
    '${secret:x}',
    '${file:x}',
    '${value:a}',
    '${value:storefront}',
    '${',
    '${user.claims.a[params.b]}',
    '${__proto__}',
  ],
  ...[
    '__proto__: ',
    'constructor: ',
    'toString: ',
    'routes:\n',
    'defaults:\n',
    'issuers:\n',
    'schemas:\n',
    'roles:\n',
    'settings:\n',
    'values:\n',
    'profiles:\n',
    'use: p\n',
    'host: "*.a"\n',
  ],
  ...[
    'GET /:id: ',
    'ANY /*a: ',
    'GET /%2e: ',
    'get /: ',
    'authenticate: ',
    'rateLimit: ',
    'scopes: ',
    'input: ',
    'authorize: ',
    'cors: ',
    'csrf: ',
    'audit: ',
    'timeout: ',
    'concurrency: ',
    'headers: ',
    'network: ',
  ],
  ...[
    "pattern: '(a+)+$'\n",
    "pattern: '['\n",
    "pattern: '(?=a)*'\n",
    "$ref: '#/schemas/Sku'\n",
    "$ref: '#'\n",
    'type: [string, "null"]\n',
    'oneOf: []\n',
    'additionalProperties: true\n',
    'required: true\n',
  ],
  ...['\u0000', '\ufeff', '\u2028', '\u0085', '💩', '\ud83d', 'é', '\r', '\r\n'],
]

const edit = fc.record({
  place,
  remove: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(40)),
  put: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...words) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
    { weight: 2, arbitrary: fc.constant('') },
  ),
})
/** A piece that is taken from one place and put at another. */
const move = fc.record({ from: place, length: fc.nat(200), to: place })

interface Edits {
  readonly edits: readonly { readonly place: number; readonly remove: number; readonly put: string }[]
  readonly moves: readonly { readonly from: number; readonly length: number; readonly to: number }[]
}

function apply(text: string, { edits, moves }: Edits): string {
  const moved = moves.reduce((all, { from, length, to }) => {
    const [start, end] = [Math.floor(from * all.length), Math.floor(to * all.length)]
    return all.slice(0, end) + all.slice(start, start + length) + all.slice(end)
  }, text)
  return edits.reduce((all, { place: where, remove, put }) => {
    const at = Math.floor(where * all.length)
    return all.slice(0, at) + put + all.slice(at + remove)
  }, moved)
}

/** Samples of the project and generated policies, each whole in one file, then edited. */
export const yamlSamples: fc.Arbitrary<YamlSample> = fc
  .record({
    text: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...texts) },
      { weight: 1, arbitrary: fc.constant(texts.join('\n')) },
      {
        weight: 1,
        arbitrary: policies.map(({ files: [file], ...rest }) => JSON.stringify({ ...rest, ...file }, null, 1)),
      },
    ),
    edits: fc.array(edit, { maxLength: 4 }),
    moves: fc.array(move, { maxLength: 2 }),
  })
  .map(({ text, ...edits }) => ({ text: apply(text, edits) }))

const folder = emptyFolder()
const mostSeconds = 20
const world = createWorld(createLog({ pretty: false, level: 'error' }))

/** What is wrong with what is found in a file; undefined where findings are as they have to be. */
export async function tryYaml({ text }: YamlSample): Promise<string | undefined> {
  writeFileSync(join(folder, 'a.yaml'), text)
  const started = process.cpuUsage().user
  try {
    const found = diagnose(folder)
    const seconds = (process.cpuUsage().user - started) / 1e6
    if (seconds > mostSeconds) return `check took ${seconds.toFixed(1)} s`
    const lines = text.split('\n').length
    const odd = found.find(
      ({ line, column, message, hint, rule }) =>
        !(line >= 1 && line <= lines + 1 && column >= 1 && message !== '' && hint !== '' && rule.includes('/')),
    )
    if (odd !== undefined) return `an odd finding: ${JSON.stringify(odd)}`
    return found.some(({ severity }) => severity === 'error') ? undefined : await compileSound()
  } catch (error) {
    return `check threw: ${error instanceof Error ? error.stack : error}`
  }
}

/** What `check` finds sound compiles, or says why it does not start. */
async function compileSound(): Promise<string | undefined> {
  try {
    const app = await createApp(folder, { world, listenOn: { host: '127.0.0.1', port: 0 } })
    await app.close()
    return undefined
  } catch (error) {
    if (error instanceof PolicyRefused || error instanceof StartFault) return undefined
    return `what check finds sound does not compile: ${error instanceof Error ? error.stack : error}`
  }
}
