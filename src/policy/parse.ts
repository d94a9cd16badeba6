/** Parse: text → typed policy, with the place of every part and everything that does not fit the language. */

import { createHash } from 'node:crypto'
import type { Diagnostic, Rules } from '../core/diagnostic.ts'
import { locate } from './findings.ts'
import { type Loaded, loadRules } from './load.ts'
import { type Report, shapeRules } from './misfit.ts'
import type { Policy, PolicyFile, WrittenFile } from './policy.ts'
import { fallbacks, fillReferences, findReferences, type Known, referenceRules } from './references.ts'
import { resolveRoutes, routeRules } from './routes.ts'
import { entriesOf, readSections, repeated, sectionRules } from './sections.ts'
import { judgeMembers, shapes } from './shapes.ts'
import { below, type Place, type SourceText } from './source.ts'
import { isTold } from './unread.ts'
import { type DeclaredValue, findNested, replaceValues, Values, valuesRules } from './values.ts'
import { type ParsedFile, parseYaml, yamlRules } from './yaml.ts'

/** Every rule that parsing can raise. */
export const parseRules: Rules = {
  ...loadRules,
  ...yamlRules,
  ...valuesRules,
  ...referenceRules,
  ...shapeRules,
  ...sectionRules,
  ...routeRules,
  'policy/no-routes': {
    severity: 'error',
    cause: 'No file of the directory has a route: every request would be answered with 404.',
    hint: 'add `routes` with at least one `METHOD /path`',
  },
}

export interface Parsed {
  readonly policy: Policy
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Turns loaded files, and the text of a values file, into a policy; what is broken is reported and left out, so that the rest
 * is still checked. The defaults that references write stand in for what only the server knows.
 */
export function parse(loaded: Loaded, values?: SourceText): Parsed {
  const diagnostics: Diagnostic[] = [...loaded.diagnostics]
  const files = loaded.files.map((text) => parseYaml(text, diagnostics))
  const whole = loaded.diagnostics.length === 0 && files.every(({ tree }) => tree !== undefined)
  const report = reportTo(diagnostics, whole)
  const replacements = values ? readReplacements(parseYaml(values, diagnostics), report) : []
  const written = fillValues(files, replacements, report)
  const references = written.flatMap(({ at, tree }) => findReferences(tree, at, report))
  const about = { written, references, whole, digest: digestOf(loaded, values) }
  const policy = assemble(about, fallbacks(references), report)
  const [first] = policy.files
  if (first && policy.files.every(({ sections: { routes = {} } }) => isEmptyMap(routes)))
    report({ rule: 'policy/no-routes', at: first.at, message: 'no file of this directory has routes' })
  return { policy, diagnostics }
}

const isEmptyMap = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0

/** The same policy with its references filled in, and what does not fit any more. */
export function parseAgain(policy: Policy, known: Known): Parsed {
  const diagnostics: Diagnostic[] = []
  return { policy: assemble(policy, known, reportTo(diagnostics, policy.whole)), diagnostics }
}

function reportTo(diagnostics: Diagnostic[], whole: boolean): Report {
  return (finding) => {
    if (isTold(finding.rule, whole)) diagnostics.push(locate(finding, parseRules))
  }
}

/** Values change what is enforced, so they count. */
const digestOf = ({ digest }: Loaded, values: SourceText | undefined): string =>
  values === undefined ? digest : createHash('sha256').update(`${digest}\0${values.text}`).digest('hex')

type About = Pick<Policy, 'written' | 'references' | 'whole' | 'digest'>

function assemble({ written, ...about }: About, known: Known, report: Report): Policy {
  const files = written.flatMap(({ at, tree }) => openFile(fillReferences(tree, at, known), at, report))
  const sections = readSections(files, report)
  return { ...about, written, files, ...sections, ...resolveRoutes(files, sections.profiles, report) }
}

/** What stands in a values file: one map, name → value. */
function readReplacements({ source, tree }: ParsedFile, report: Report): readonly DeclaredValue[] {
  const at: Place = { source, path: [] }
  if (tree === undefined || tree === null) return []
  if (typeof tree === 'object' && !Array.isArray(tree))
    return Object.entries(tree).map(([name, value]) => ({ name, value, at: below(at, name) }))
  report({ rule: 'values/not-a-map', at, message: 'expected a map from names to values' })
  return []
}

function fillValues(
  files: readonly ParsedFile[],
  replacements: readonly DeclaredValue[],
  report: Report,
): WrittenFile[] {
  const trees = files
    .filter(({ tree }) => tree !== undefined)
    .map(({ source, tree }) => ({ at: { source, path: [] }, tree }))
  const declared = trees.flatMap(({ at, tree }) => entriesOf(tree, 'values', at))
  const values = new Values(replaceValues(declared, replacements, report))
  const filled = trees.map(({ at, tree }) => ({ at, tree: values.fill(tree, at, report) }))
  for (const finding of [
    ...repeated('value', declared),
    ...findNested([...declared, ...replacements]),
    ...values.unused(),
  ])
    report(finding)
  return filled
}

/** An empty file (comments only) says nothing; a misfit at the top is reported, and its sound sections still count. */
function openFile(tree: unknown, at: Place, report: Report): readonly PolicyFile[] {
  return tree === null ? [] : [{ at, sections: judgeMembers(shapes.file, tree, at, report) }]
}
