/** Load: the policy files below a folder, as text. */

import { createHash } from 'node:crypto'
import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Diagnostic, Rules } from '../core/diagnostic.ts'
import { diagnosticAt } from './findings.ts'
import { readSource, reasonOf, shown, Unreadable, unreadableRules } from './read-source.ts'
import type { SourceText } from './source.ts'

const maxDepth = 16

export const loadRules: Rules = {
  ...unreadableRules,
  'policy/empty': {
    severity: 'error',
    cause: 'The policy directory holds no policy file, so there is nothing to enforce.',
    hint: 'put at least one `*.yaml` file with `routes` into it',
  },
  'policy/empty-file': {
    severity: 'error',
    cause:
      'A policy file that is being written is empty for a moment: were it taken as it is, its routes would be gone.',
    hint: 'write what it is meant to say, a comment at least, or remove it',
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
  /** The real paths of the directory and of all folders in it. */
  readonly folders: readonly string[]
  /** SHA-256 over names below the directory and texts, in hex. */
  readonly digest: string
}

/** Reads every `*.yaml` and `*.yml` below `directory`; names that begin with `.` and policy tests are left out. */
export function load(directory: string): Loaded {
  const diagnostics: Diagnostic[] = []
  const refuse = (path: string, { rule, message }: Unreadable): void =>
    void diagnostics.push(diagnosticAt(topOf(shown(path)), { rule, message }, loadRules))
  const files: SourceText[] = []
  const hash = createHash('sha256')
  const { found, folders } = list(directory, refuse)
  for (const path of found) {
    const source = readSource(path)
    if (source instanceof Unreadable) refuse(path, source)
    else if (source.text.trim() === '') refuse(path, emptyFile)
    else {
      files.push(source)
      hash.update(`${relative(directory, path)}\0${source.text}\0`)
    }
  }
  if (files.length === 0 && diagnostics.length === 0)
    refuse(directory, new Unreadable('policy/empty', 'expected at least one policy file in this directory'))
  return { directory, files, diagnostics, folders, digest: hash.digest('hex') }
}

const emptyFile = new Unreadable('policy/empty-file', 'expected a policy, got an empty file')

type Refuse = (path: string, reason: Unreadable) => void

function list(directory: string, refuse: Refuse): Pick<Listing, 'found' | 'folders'> {
  try {
    return new Listing(refuse).walk(directory, 0)
  } catch (error) {
    throw new DirectoryFault(`cannot read the policy directory \`${directory}\`: ${reasonOf(error)}`)
  }
}

/** The policy files below a folder, by name; a folder that links lead to twice is read once. */
class Listing {
  readonly found: string[] = []
  readonly #seen = new Set<string>()
  readonly #refuse: Refuse

  get folders(): readonly string[] {
    return [...this.#seen]
  }

  constructor(refuse: Refuse) {
    this.#refuse = refuse
  }

  walk(folder: string, depth: number): this {
    const real = realpathSync(folder)
    if (this.#seen.has(real)) return this
    this.#seen.add(real)
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) if (!entry.name.startsWith('.')) this.#visit(folder, entry, depth)
    return this
  }

  /** What is plainly a file is not looked at: another program's draft may be gone by then. */
  #visit(folder: string, entry: Dirent, depth: number): void {
    const path = join(folder, entry.name)
    try {
      if (entry.isFile() || !statSync(path).isDirectory()) {
        if (isPolicyName(entry.name)) this.found.push(path)
      } else if (depth < maxDepth) this.walk(path, depth + 1)
      else
        this.#refuse(
          path,
          new Unreadable('policy/unreadable', `expected at most ${maxDepth} folders inside each other`),
        )
    } catch (error) {
      this.#refuse(path, new Unreadable('policy/unreadable', reasonOf(error)))
    }
  }
}

/** Whether a file of this name holds policies. */
export const isPolicyName = (name: string): boolean => /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name)

const topOf = (file: string) => ({ file, line: 1, column: 1, endLine: 1, endColumn: 1 })
