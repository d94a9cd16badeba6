/** Diagnostics as people read them: text with code frames. */

import type { Diagnostic } from '../../core/diagnostic.ts'
import type { Paint } from '../paint.ts'
import { printable, widthOf } from '../printable.ts'
import { SourceLines } from './source-lines.ts'

const linesBefore = 2
const maxWidth = 160

/** One diagnostic after another, each with its place, frame and hint; then the count. */
export function reportText(diagnostics: readonly Diagnostic[], paint: Paint): string {
  const frames = new Frames(paint)
  const parts = diagnostics.map(
    (diagnostic) =>
      `${headline(diagnostic, paint)}\n${frames.around(diagnostic)}   ${paint('dim', 'hint:')} ${printable(diagnostic.hint)}\n`,
  )
  return `${parts.join('\n')}${parts.length > 0 ? '\n' : ''}${summary(diagnostics)}\n`
}

function headline({ file, line, column, severity, rule, message }: Diagnostic, paint: Paint): string {
  const word = paint(severity === 'error' ? 'red' : 'yellow', severity)
  return `${paint('bold', `${printable(file)}:${line}:${column}`)}  ${word}  ${paint('cyan', rule)}  ${printable(message)}`
}

/** `2 errors, 1 warning`, or that nothing was found. */
function summary(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`
  if (diagnostics.length === 0) return 'no findings'
  return `${count(errors, 'error')}, ${count(diagnostics.length - errors, 'warning')}`
}

/** Code frames. */
class Frames {
  readonly #paint: Paint
  readonly #sources = new SourceLines()

  constructor(paint: Paint) {
    this.#paint = paint
  }

  around(diagnostic: Diagnostic): string {
    const lines = this.#sources.of(diagnostic.file)
    const related = (diagnostic.related ?? []).map(
      (place) => `   ${printable(place.file)}:${place.line}:${place.column}  ${printable(place.message)}\n`,
    )
    const shown = lines[diagnostic.line - 1] === undefined ? '' : this.#frame(diagnostic, lines)
    return shown + related.join('')
  }

  #frame({ line, column, endLine, endColumn }: Diagnostic, lines: readonly string[]): string {
    const first = Math.max(1, line - linesBefore)
    const width = String(line).length + 1
    const from = Math.max(0, column - maxWidth / 2)
    const shown = lines.slice(first - 1, line).map((text, index) => {
      const number = first + index
      const mark = number === line ? this.#paint('red', '>') : ' '
      return ` ${mark} ${String(number).padStart(width)} | ${cut(text, from)}`.trimEnd()
    })
    const text = lines[line - 1] ?? ''
    const end = endLine === line ? endColumn : text.length + 1
    const before = widthOf(cut(text.slice(0, column - 1), from))
    const marked = widthOf(text.slice(column - 1, Math.min(end - 1, from + maxWidth)))
    const carets = this.#paint('red', '^'.repeat(Math.max(1, marked)))
    return `${[...shown, `   ${' '.repeat(width)} | ${' '.repeat(before)}${carets}`].join('\n')}\n`
  }
}

/** What of a long line is shown, from where on. */
const cut = (text: string, from: number): string =>
  `${from > 0 && text.length > 0 ? '…' : ''}${printable(text.slice(from, from + maxWidth))}`
