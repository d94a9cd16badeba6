/** Findings for the tests of the formats. */

import type { Findings } from '../../../src/cli/report/report.ts'
import type { Diagnostic } from '../../../src/core/diagnostic.ts'

/** One finding; what a test does not name does not matter to it. */
export const finding = (parts: Partial<Diagnostic> = {}): Diagnostic => ({
  file: 'policies/shop.yaml',
  line: 2,
  column: 7,
  endLine: 2,
  endColumn: 12,
  severity: 'error',
  rule: 'policy/wrong-type',
  message: 'expected a number',
  hint: 'write a number',
  ...parts,
})

export const findingsOf = (diagnostics: readonly Diagnostic[], parts: Partial<Findings> = {}): Findings => ({
  diagnostics,
  files: [],
  warningsFail: false,
  ...parts,
})

/** What policies may hold and formats must not stumble over. */
export const hostile = [
  ']]>&lt;<b a="1">\'&',
  '::error::x\r\n::stop-commands::y%0A,:',
  '\u0000\u001b[31m\ufffe\u202e\ud800',
  '漢字 👩‍👩‍👧',
  '__proto__',
  '${env:X} {0} [a](1)',
]
