/**
 * Golden cases: one file holds the policies and the exact report. A line `-- name --` begins a file of the directory, and
 * `-- report --` what `check` prints of it.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('cases/', import.meta.url))
const reportName = 'report'

export interface GoldenCase {
  readonly name: string
  /** Name → text. */
  readonly files: ReadonlyMap<string, string>
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
  files.delete(reportName)
  return { name, files, report }
}

/** Writes a case again with the report that it gives now: `UPDATE_CASES=1 npm test`. */
export function writeCase({ name, files }: GoldenCase, report: string): void {
  const parts = [...files, [reportName, report] as const].map(([file, text]) => `-- ${file} --\n${text}`)
  writeFileSync(join(folder, `${name}.case`), parts.join(''))
}

/** Runs `use` in an empty folder that holds the files, as the current one. */
export async function inFolder<T>(files: ReadonlyMap<string, string>, use: () => T | Promise<T>): Promise<T> {
  const before = process.cwd()
  const temporary = mkdtempSync(join(tmpdir(), 'portcullis-'))
  try {
    for (const [file, text] of files) {
      mkdirSync(dirname(join(temporary, file)), { recursive: true })
      writeFileSync(join(temporary, file), text)
    }
    process.chdir(temporary)
    return await use()
  } finally {
    process.chdir(before)
    rmSync(temporary, { recursive: true, force: true })
  }
}
