/**
 * The examples of diagnostics: one file a block, one `# fault` a rule, each a policy as a diff from wrong to mended. `@ name`
 * begins another file (`policies/shop.yaml` unless told). `$` begins the variables of an example that only opening the server
 * shows, `$ NAME=value`, or stands alone where it needs none. What cannot be written down is described as in the golden cases: `@ policies/dump.yaml (5000000 bytes)`.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('examples/', import.meta.url))

type Files = ReadonlyMap<string, string>

export interface Example {
  /** Name → lines of the diff, in the order in which they are shown. */
  readonly diffs: Files
  readonly wrong: Files
  /** The same with the fault mended; none where the fault is no text. */
  readonly mended: Files | undefined
  /** Of an example that only opening the server shows. */
  readonly environment: Readonly<Record<string, string>> | undefined
}

/** Every example, by the id of its rule. */
export const examples: ReadonlyMap<string, Example> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.diff'))
    .sort()
    .flatMap((name) => readBlock(name.slice(0, -'.diff'.length), readFileSync(folder + name, 'utf8'))),
)

function readBlock(block: string, text: string): readonly (readonly [string, Example])[] {
  const [before = '', ...parts] = text.split(/^# (.+)\n/m)
  if (before !== '') throw new Error(`examples/${block}.diff: expected \`# fault\` first, got \`${before}\``)
  return parts.flatMap((fault, index) =>
    index % 2 === 0 ? [[`${block}/${fault}`, readExample(parts[index + 1] ?? '')] as const] : [],
  )
}

function readExample(text: string): Example {
  const diffs = new Map<string, string>()
  const environment: Record<string, string> = {}
  const isOpened = /^\$/m.test(text)
  let file = 'policies/shop.yaml'
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, name = '', value = ''] = /^\$ (\w+)=(.*)$/.exec(line) ?? []
    if (name !== '') environment[name] = value
    else if (line === '$') continue
    else if (line.startsWith('@ ')) file = startFile(diffs, line.slice(2))
    else diffs.set(file, `${diffs.get(file) ?? ''}${line}\n`)
  }
  const isText = [...diffs.values()].some((diff) => /^[+-]/m.test(diff))
  return {
    diffs,
    wrong: side(diffs, '+'),
    mended: isText ? side(diffs, '-') : undefined,
    environment: isOpened ? environment : undefined,
  }
}

function startFile(diffs: Map<string, string>, name: string): string {
  diffs.set(name, '')
  return name
}

/** One side of the diffs: without the lines of the other, and without files that have no line on it. */
function side(diffs: Files, other: '+' | '-'): Files {
  const kept = [...diffs].map(([name, diff]) => {
    const lines = diff.split('\n').filter((line) => line !== '' && !line.startsWith(other))
    return [name, lines.map((line) => `${line.slice(1)}\n`).join('')] as const
  })
  return new Map(kept.filter(([name, text]) => text !== '' || name.includes(' (')))
}
