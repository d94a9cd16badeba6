/** Diagnostics as people and programs read them: text with code frames, or JSON. */

import { readFileSync } from 'node:fs'
import type { Diagnostic } from '../core/diagnostic.ts'
import type { Paint } from './paint.ts'

const linesBefore = 2
const maxWidth = 160

/** One diagnostic after another, each with its place, frame and hint; then the count. */
export function reportText(diagnostics: readonly Diagnostic[], paint: Paint): string {
  const frames = new Frames(paint)
  const parts = diagnostics.map(
    (diagnostic) =>
      `${headline(diagnostic, paint)}\n${frames.around(diagnostic)}   ${paint('dim', 'hint:')} ${diagnostic.hint}\n`,
  )
  return `${parts.join('\n')}${parts.length > 0 ? '\n' : ''}${summary(diagnostics)}\n`
}

function headline({ file, line, column, severity, rule, message }: Diagnostic, paint: Paint): string {
  const word = paint(severity === 'error' ? 'red' : 'yellow', severity)
  return `${paint('bold', `${file}:${line}:${column}`)}  ${word}  ${paint('cyan', rule)}  ${printable(message)}`
}

/** `2 errors, 1 warning`, or that nothing was found. */
export function summary(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`
  if (diagnostics.length === 0) return 'no findings'
  return `${count(errors, 'error')}, ${count(diagnostics.length - errors, 'warning')}`
}

/** The findings as `[{file,line,column,endLine,endColumn,severity,rule,message,hint}]`. */
export const reportJson = (diagnostics: readonly Diagnostic[]): string =>
  `${JSON.stringify(
    diagnostics.map(({ file, line, column, endLine, endColumn, severity, rule, message, hint }) => ({
      file,
      line,
      column,
      endLine,
      endColumn,
      severity,
      rule,
      message,
      hint,
    })),
    null,
    2,
  )}\n`

/** Control characters of a hostile file must not reach a terminal. */
const printable = (text: string): string => text.replace(/[\0-\x1f\x7f-\x9f]/g, '\u{fffd}')

/** Code frames, with each file read once. */
class Frames {
  readonly #paint: Paint
  readonly #files = new Map<string, readonly string[]>()

  constructor(paint: Paint) {
    this.#paint = paint
  }

  around(diagnostic: Diagnostic): string {
    const lines = this.#lines(diagnostic.file)
    const related = (diagnostic.related ?? []).map(
      (place) => `   ${place.file}:${place.line}:${place.column}  ${printable(place.message)}\n`,
    )
    if (lines[diagnostic.line - 1] === undefined) return related.join('')
    return this.#frame(diagnostic, lines) + related.join('')
  }

  #frame({ line, column, endLine, endColumn }: Diagnostic, lines: readonly string[]): string {
    const first = Math.max(1, line - linesBefore)
    const width = String(line).length + 1
    const shown = lines.slice(first - 1, line).map((text, index) => {
      const number = first + index
      const mark = number === line ? this.#paint('red', '>') : ' '
      return ` ${mark} ${String(number).padStart(width)} | ${printable(text).slice(0, maxWidth)}`.trimEnd()
    })
    const end = endLine === line ? endColumn : (lines[line - 1]?.length ?? 0) + 1
    const carets = '^'.repeat(Math.max(1, Math.min(end - column, maxWidth - column)))
    const under = `   ${' '.repeat(width)} | ${' '.repeat(Math.min(column, maxWidth) - 1)}${this.#paint('red', carets)}`
    return `${[...shown, under].join('\n')}\n`
  }

  #lines(file: string): readonly string[] {
    const known = this.#files.get(file)
    if (known !== undefined) return known
    const lines = readLines(file)
    this.#files.set(file, lines)
    return lines
  }
}

/** None where the file is no text that can be shown. */
function readLines(file: string): readonly string[] {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
    return text.split(/\r?\n/)
  } catch {
    return []
  }
}
