/**
 * Golden cases: one file holds the policies and the exact report. A line `-- name --` begins a file of the directory, and
 * `-- report --` what is printed of it. `-- environment --` holds variables, and makes the case one of opening the server; a
 * file `values.yaml` beside `policies` is given as `--values`. What cannot be written down is described in parentheses after
 * the name: `(link to x)`, `(5000000 bytes)`, `(bytes 00 ff)`.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('cases/', import.meta.url))
const reportName = 'report'
const environmentName = 'environment'

export type Files = ReadonlyMap<string, string>

export interface GoldenCase {
  readonly name: string
  /** Name → text, in the order of the case. */
  readonly files: Files
  /** Variables of a case that opens the server. */
  readonly environment: Readonly<Record<string, string>> | undefined
  readonly report: string
}

/** Every case, by name. */
export const readCases = (): readonly GoldenCase[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.case'))
    .sort()
    .map((name) => parseCase(name.slice(0, -'.case'.length), readFileSync(join(folder, name), 'utf8')))

function parseCase(name: string, text: string): GoldenCase {
  const [, ...parts] = text.split(/^-- (.+) --\n/m)
  const files = new Map<string, string>()
  for (let index = 0; index < parts.length; index += 2) files.set(parts[index] ?? '', parts[index + 1] ?? '')
  const report = files.get(reportName) ?? ''
  const environment = files.get(environmentName)
  files.delete(reportName)
  return { name, files, environment: environment === undefined ? undefined : readEnvironment(environment), report }
}

const readEnvironment = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from(text.matchAll(/^(\w+)=(.*)$/gm), ([, name = '', value = '']) => [name, value]))

/** Writes a case again with the report that it gives now: `UPDATE_CASES=1 npm test`. */
export function writeCase({ name, files }: GoldenCase, report: string): void {
  const parts = [...files, [reportName, report] as const].map(([file, text]) => `-- ${file} --\n${text}`)
  writeFileSync(join(folder, `${name}.case`), parts.join(''))
}

/** Runs `use` in an empty folder that holds the files, as the current one. */
export async function inFolder<T>(files: Files, use: () => T | Promise<T>): Promise<T> {
  const before = process.cwd()
  const temporary = mkdtempSync(join(tmpdir(), 'portcullis-'))
  try {
    for (const [file, text] of files) if (file !== environmentName) writeEntry(temporary, file, text)
    process.chdir(temporary)
    return await use()
  } finally {
    process.chdir(before)
    rmSync(temporary, { recursive: true, force: true })
  }
}

function writeEntry(root: string, described: string, text: string): void {
  const [, file = described, what = ''] = /^(\S+) \((.+)\)$/.exec(described) ?? []
  const path = join(root, file)
  mkdirSync(dirname(path), { recursive: true })
  const [, target] = /^link to (.+)$/.exec(what) ?? []
  const [, size] = /^(\d+) bytes$/.exec(what) ?? []
  const [, bytes] = /^bytes ([0-9a-f ]+)$/.exec(what) ?? []
  if (target !== undefined) symlinkSync(target, path)
  else if (size !== undefined) writeFileSync(path, ' '.repeat(Number(size)))
  else writeFileSync(path, bytes === undefined ? text : Buffer.from(bytes.replaceAll(' ', ''), 'hex'))
}
