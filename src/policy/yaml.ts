/** YAML text to plain values, with the place of each: YAML 1.2 core schema, one document, no tags, bounded aliases. */

import { type Document, isScalar, LineCounter, parseDocument, type Scalar, visit, type YAMLError } from 'yaml'
import type { Diagnostic, Range, Rules } from '../core/diagnostic.ts'
import { rangeBetween, SourceFile, type SourceText } from './source.ts'

const maxAliases = 200

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
    hint: 'write the value without a tag',
  },
  'yaml/too-many-aliases': {
    severity: 'error',
    cause: 'Aliases blow the file up to more than a policy can need.',
    hint: 'share blocks through `profiles` and `use`',
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
  const document = parseDocument(text.text, {
    version: '1.2',
    schema: 'core',
    stringKeys: true,
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
  })
  const source = new SourceFile(text, document, lines)
  const faults = [...document.errors, ...document.warnings]
  const duplicates = faults.length === 0 ? findDuplicates(document, source) : []
  diagnostics.push(...faults.map((fault) => describe(fault, text, lines)), ...duplicates)
  if (faults.length + duplicates.length > 0) return { source, tree: undefined }
  const tree = toPlain(document)
  if (tree === tooLarge)
    diagnostics.push(at(source.range([]), 'yaml/too-many-aliases', `expected at most ${maxAliases} aliases`))
  return { source, tree: tree === tooLarge ? undefined : tree }
}

const tooLarge = Symbol('too large')

/** The library stops an exponential expansion by throwing a ReferenceError. */
function toPlain(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: maxAliases })
  } catch (error) {
    if (error instanceof ReferenceError) return tooLarge
    throw error
  }
}

/** The library's own check compares every key with every other; this one is linear. */
function findDuplicates(document: Document, source: SourceFile): Diagnostic[] {
  const found: Diagnostic[] = []
  visit(document, {
    Map: (_, map) => {
      const seen = new Map<string, Scalar>()
      for (const { key } of map.items) {
        if (!isScalar(key)) continue
        const name = String(key.value)
        const first = seen.get(name)
        if (first === undefined) seen.set(name, key)
        else found.push(duplicate(source, first, key))
      }
    },
  })
  return found
}

function duplicate(source: SourceFile, first: Scalar, second: Scalar): Diagnostic {
  const name = String(second.value)
  const related = [{ ...rangeOfKey(source, first), message: `\`${name}\` stands here first` }]
  return { ...at(rangeOfKey(source, second), 'yaml/duplicate-key', `\`${name}\` is named twice`), related }
}

const rangeOfKey = (source: SourceFile, key: Scalar): Range =>
  source.rangeOfOffsets([key.range?.[0] ?? 0, key.range?.[1] ?? 0])

const ruleByCode: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'yaml/several-documents',
  TAG_RESOLVE_FAILED: 'yaml/tag',
}

function describe(fault: YAMLError, text: SourceText, lines: LineCounter): Diagnostic {
  const range = rangeBetween(text.file, lines, fault.pos)
  const rule = ruleByCode[fault.code] ?? 'yaml/syntax'
  const line = text.text.split('\n')[range.line - 1] ?? ''
  const hint = rule === 'yaml/syntax' && line.includes('${') ? "quote it: '${…}' needs quotes here" : undefined
  return at(range, rule, messageOf(fault), hint)
}

const messageOf = (fault: YAMLError): string => {
  const [first = ''] = fault.message.split('\n')
  return first.charAt(0).toLowerCase() + first.slice(1).replace(/\.$/, '')
}

function at(range: Range, id: string, message: string, hint?: string): Diagnostic {
  const rule = yamlRules[id]
  if (rule === undefined) throw new Error(`no rule is named ${id}`)
  return { ...range, rule: id, severity: rule.severity, message, hint: hint ?? rule.hint }
}
