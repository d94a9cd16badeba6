/** Reads one file of policy text, or says why it is none. */

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import type { Rules } from '../core/diagnostic.ts'
import type { SourceText } from './source.ts'

const maxBytes = 4 * 1024 ** 2

export const unreadableRules: Rules = {
  'policy/unreadable': {
    severity: 'error',
    cause: 'A file or folder below the policy directory cannot be read, so what it says cannot be enforced.',
    hint: 'mend the link or the permissions, or move it out of the policy directory',
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
}

/** Why a file is no policy text, by rule. */
export class Unreadable {
  readonly rule: string
  readonly message: string

  constructor(rule: string, message: string) {
    this.rule = rule
    this.message = message
  }
}

/** The text of a file, without the byte order mark. */
export function readSource(path: string): SourceText | Unreadable {
  try {
    const bytes = readRegular(path)
    return bytes instanceof Unreadable ? bytes : decode(path, bytes)
  } catch (error) {
    return new Unreadable('policy/unreadable', reasonOf(error))
  }
}

/** The bytes of a regular file of at most 4 MB; throws a sentence where it cannot be opened. */
export function readRegular(path: string): Buffer | Unreadable {
  const file = open(path)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) return new Unreadable('policy/unreadable', 'expected a regular file')
    if (stats.size <= maxBytes) return readFileSync(file)
    return new Unreadable('policy/too-large', `expected at most 4 MB, got ${(stats.size / 1024 ** 2).toFixed(1)} MB`)
  } finally {
    closeSync(file)
  }
}

/** Without waiting: a pipe with no writer would never answer. */
function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error })
  }
}

function decode(path: string, bytes: Buffer): SourceText | Unreadable {
  const text = utf8(bytes)
  if (text === undefined) return new Unreadable('policy/not-text', 'expected UTF-8 text')
  const control = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.exec(text)
  if (control === null) return { file: shown(path), folder: resolve(dirname(path)), text }
  const line = text.slice(0, control.index).split('\n').length
  return new Unreadable('policy/not-text', `expected text, got a control character on line ${line}`)
}

function utf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** The path as people name it: relative to where they stand, if it lies below. */
export function shown(path: string): string {
  const below = relative(process.cwd(), resolve(path))
  const name = below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below) || below === '' ? path : below
  return name.split(sep).join('/')
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ENOTDIR: 'not a directory',
  EISDIR: 'expected a file, got a directory',
  ELOOP: 'a loop of symbolic links',
  ENXIO: 'expected a regular file',
}

/** The reason of a file system error, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return reasons[code ?? ''] ?? message
}
