/** `npm run generate`: writes every file that the code itself knows; with `--check` it tells which of them are stale. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from '../src/policy/inspect.ts'
import { editorSchema } from '../src/tools/editor-schema/editor-schema.ts'
import { inputTypes } from '../src/tools/types/input-types.ts'
import { pages } from './reference/pages.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** File → what it has to hold. */
export const generated = (): ReadonlyMap<string, string> =>
  new Map([
    ['policies/policy.schema.json', `${JSON.stringify(editorSchema(), null, 2)}\n`],
    ['policies/inputs.ts', inputTypes(inspect(join(root, 'policies')))],
    ...pages(),
  ])

/** Those that are missing, or that hold something else. */
export const stale = (): readonly (readonly [file: string, text: string])[] =>
  [...generated()].filter(([file, text]) => read(file) !== text)

function read(file: string): string | undefined {
  try {
    return readFileSync(join(root, file), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}

function run(check: boolean): void {
  const files = stale()
  for (const [file, text] of files) {
    process.stdout.write(`${file}${check ? ' is stale: run `npm run generate`' : ''}\n`)
    if (!check) write(file, text)
  }
  if (check && files.length > 0) process.exitCode = 1
}

if (import.meta.main) run(process.argv.includes('--check'))
