/** YAML text to plain values, with the place of each: YAML 1.2 core schema, one document, no tags, bounded aliases. */

import { LineCounter } from 'yaml'
import type { Diagnostic, Rules } from '../core/diagnostic.ts'
import { diagnosticAt } from './findings.ts'
import { rangeBetween, SourceFile, type SourceText } from './source.ts'
import { composeDocument, type YAMLFault } from './yaml-document.ts'
import { explainYaml, isEcho } from './yaml-messages.ts'
import { type NodeFault, readNodes } from './yaml-nodes.ts'

export const yamlRules: Rules = {
  'yaml/syntax': {
    severity: 'error',
    cause: 'The file is not YAML 1.2.',
    hint: 'mend the YAML; indent with spaces, and quote texts that hold `: `, ` #`, `{`, `}`, `[` or `]`',
  },
  'yaml/duplicate-key': {
    severity: 'error',
    cause: 'A map names the same key twice; one of the two would be lost.',
    hint: 'keep one of the two',
  },
  'yaml/several-documents': {
    severity: 'error',
    cause: 'A policy file holds one YAML document.',
    hint: 'move each document to a file of its own',
  },
  'yaml/tag': {
    severity: 'error',
    cause: 'Custom tags are not part of the policy language.',
    hint: 'write the value without a tag; quote it if the `!` belongs to it',
  },
  'yaml/number': {
    severity: 'error',
    cause: 'The number is none, or too long to be kept exactly: another one would be enforced.',
    hint: 'quote it if it is a name or an id',
  },
  'yaml/unknown-alias': {
    severity: 'error',
    cause: 'A plain `*name` is an alias: it stands for a value that is anchored as `&name` before it.',
    hint: 'quote it if the `*` belongs to the text',
  },
  'yaml/too-many-aliases': {
    severity: 'error',
    cause: 'Aliases blow the file up to more than a policy can need.',
    hint: 'share blocks through `profiles` and `use`',
  },
  'yaml/too-deep': {
    severity: 'error',
    cause: 'The file is nested deeper than a policy can need.',
    hint: 'flatten it; parts of an input schema can stand under `schemas`',
  },
}

export interface ParsedFile {
  readonly source: SourceFile
  /** The file's value; undefined where the YAML is broken. */
  readonly tree: unknown
}

/** Parses one file; what is wrong with its YAML goes to `diagnostics`. */
export function parseYaml(text: SourceText, diagnostics: Diagnostic[]): ParsedFile {
  const lines = new LineCounter()
  const { document, faults } = composeDocument(text.text, lines)
  const { faults: nodeFaults, targets } = faults.length === 0 ? readNodes(document?.contents) : nothing
  const source = new SourceFile(text, { contents: document?.contents, targets }, lines)
  for (const fault of withoutEchoes(faults, lines)) diagnostics.push(describe(fault, text, lines))
  for (const fault of nodeFaults) diagnostics.push(describeNode(fault, source))
  const sound = faults.length === 0 && nodeFaults.length === 0
  return { source, tree: sound ? document?.toJS({ maxAliasCount: -1 }) : undefined }
}

const nothing: ReturnType<typeof readNodes> = { faults: [], targets: new Map() }
const mostOfFile = 20

/** One slip makes the library stumble over all that follows it on the line, or over the rest of the file. */
function withoutEchoes(faults: readonly YAMLFault[], lines: LineCounter): readonly YAMLFault[] {
  const byLine = new Map<number, YAMLFault>()
  for (const fault of faults) {
    const { line } = lines.linePos(fault.pos[0])
    if (byLine.size > 0 && isEcho(fault)) continue
    if (!byLine.has(line)) byLine.set(line, fault)
  }
  return [...byLine.values()].slice(0, mostOfFile)
}

const ruleByCode: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'yaml/several-documents',
  TAG_RESOLVE_FAILED: 'yaml/tag',
  BAD_ALIAS: 'yaml/unknown-alias',
  TOO_DEEP: 'yaml/too-deep',
}

function describe(fault: YAMLFault, { file, text }: SourceText, lines: LineCounter): Diagnostic {
  const range = rangeBetween(file, lines, fault.pos)
  const rule = ruleByCode[fault.code] ?? 'yaml/syntax'
  const line = text.slice(lines.lineStarts[range.line - 1], lines.lineStarts[range.line])
  const raw = rule === 'yaml/syntax' && /[^'"]\$\{/.test(line)
  const said = raw
    ? {
        message: 'expected quotes around `${…}`',
        hint: "write it as `'${…}'`: inside `{ }` and `[ ]` a `{` begins a map",
      }
    : { message: explainYaml(fault, text) }
  return diagnosticAt(range, { rule, ...said }, yamlRules)
}

function describeNode({ rule, node, message, related }: NodeFault, source: SourceFile): Diagnostic {
  const found = diagnosticAt(source.rangeOfNode(node), { rule, message }, yamlRules)
  if (related === undefined) return found
  return { ...found, related: [{ ...source.rangeOfNode(related.node), message: related.message }] }
}
