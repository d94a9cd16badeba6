/** Load: the policy files below a folder, as text. */

import { createHash } from 'node:crypto'
import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Diagnostic, Rules } from '../core/diagnostic.ts'
import type { SourceText } from './source.ts'

const maxFileBytes = 4 * 1024 ** 2
const maxDepth = 16

export const loadRules: Rules = {
  'policy/unreadable': {
    severity: 'error',
    cause: 'A file or folder below the policy directory cannot be read, so what it says cannot be enforced.',
    hint: 'mend the link or the permissions, or move the file out of the policy directory',
  },
  'policy/not-text': {
    severity: 'error',
    cause: 'A policy file is not UTF-8 text.',
    hint: 'save the file as UTF-8, or move it out of the policy directory',
  },
  'policy/too-large': {
    severity: 'error',
    cause: 'A policy file is larger than 4 MB.',
    hint: 'split the file; each service can have its own',
  },
  'policy/empty': {
    severity: 'error',
    cause: 'The policy directory holds no policy file, so there is nothing to enforce.',
    hint: 'put at least one `*.yaml` file with `routes` into it',
  },
}

/** Why a directory cannot be looked at all; the command prints it and ends with status 2. */
export class DirectoryFault extends Error {
  override readonly name = 'DirectoryFault'
}

export interface Loaded {
  /** As it was named. */
  readonly directory: string
  readonly files: readonly SourceText[]
  readonly diagnostics: readonly Diagnostic[]
  /** SHA-256 over names and texts, in hex. */
  readonly digest: string
}

/** Reads every `*.yaml` and `*.yml` below `directory`; names that begin with `.` and policy tests are left out. */
export function load(directory: string): Loaded {
  const diagnostics: Diagnostic[] = []
  const files = list(directory, diagnostics).flatMap((path) => readSource(path, diagnostics))
  if (files.length === 0 && diagnostics.length === 0)
    diagnostics.push(finding(shown(directory), 'policy/empty', 'no policy file in this directory'))
  const hash = createHash('sha256')
  for (const { file, text } of files) hash.update(`${file}\0${text}\0`)
  return { directory, files, diagnostics, digest: hash.digest('hex') }
}

function list(directory: string, diagnostics: Diagnostic[]): readonly string[] {
  const found: string[] = []
  const seen = new Set<string>()
  const walk = (folder: string, depth: number): void => {
    const real = realpathSync(folder)
    if (seen.has(real) || depth > maxDepth) return
    seen.add(real)
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1)))
      visit(folder, entry, depth)
  }
  const visit = (folder: string, entry: Dirent, depth: number): void => {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.')) return
    try {
      if (statSync(path).isDirectory()) walk(path, depth + 1)
      else if (isPolicyName(entry.name)) found.push(path)
    } catch (error) {
      if (isPolicyName(entry.name) || entry.isDirectory())
        diagnostics.push(finding(shown(path), 'policy/unreadable', reasonOf(error)))
    }
  }
  try {
    walk(directory, 0)
  } catch (error) {
    throw new DirectoryFault(`cannot read the policy directory \`${directory}\`: ${reasonOf(error)}`)
  }
  return found
}

const isPolicyName = (name: string): boolean => /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name)

function readSource(path: string, diagnostics: Diagnostic[]): SourceText[] {
  const file = shown(path)
  const refuse = (rule: string, message: string): SourceText[] => {
    diagnostics.push(finding(file, rule, message))
    return []
  }
  try {
    const stats = statSync(path)
    if (!stats.isFile()) return refuse('policy/unreadable', 'expected a regular file')
    if (stats.size > maxFileBytes)
      return refuse('policy/too-large', `expected at most 4 MB, got ${(stats.size / 1024 ** 2).toFixed(1)} MB`)
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
    if (/[\0-\x08\x0e-\x1f]/.test(text)) return refuse('policy/not-text', 'expected text, got control characters')
    return [{ file, folder: resolve(path, '..'), text }]
  } catch (error) {
    if (error instanceof TypeError) return refuse('policy/not-text', 'expected UTF-8 text')
    return refuse('policy/unreadable', reasonOf(error))
  }
}

/** The path as people name it: relative to where they stand, if it lies below. */
function shown(path: string): string {
  const below = relative(process.cwd(), resolve(path))
  const name = below.startsWith('..') || isAbsolute(below) || below === '' ? path : below
  return name.split(sep).join('/')
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ENOTDIR: 'not a directory',
  ELOOP: 'a loop of symbolic links',
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return reasons[code ?? ''] ?? message
}

function finding(file: string, id: string, message: string): Diagnostic {
  const rule = loadRules[id]
  if (rule === undefined) throw new Error(`no rule is named ${id}`)
  return {
    file,
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 1,
    rule: id,
    severity: rule.severity,
    message,
    hint: rule.hint,
  }
}
