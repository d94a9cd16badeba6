/** Parse: text → typed policy, with the place of every part and everything that does not fit the language. */

import type { Diagnostic, Rules } from '../core/diagnostic.ts'
import type { JsonSchema } from '../schema/schema.ts'
import { type Finding, locate } from './findings.ts'
import { type Loaded, loadRules } from './load.ts'
import type { Named, Policy, Reference } from './policy.ts'
import { fallbacks, fillReferences, findReferences, referenceRules } from './references.ts'
import { resolveRoutes, routeRules } from './routes.ts'
import { issuerShape, judge, roleShape, settingsShape, shapeRules, shapes } from './shapes.ts'
import type { Place, SourceText } from './source.ts'
import { type Replacement, replaceValues, Values, valuesRules } from './values.ts'
import { type ParsedFile, parseYaml, yamlRules } from './yaml.ts'

/** Every rule that parsing can raise. */
export const parseRules: Rules = {
  ...loadRules,
  ...yamlRules,
  ...valuesRules,
  ...referenceRules,
  ...shapeRules,
  ...routeRules,
}

export interface ParseOptions {
  /** The text of `--values FILE`. */
  readonly values?: SourceText | undefined
  /** What references were resolved to; without it, their written defaults stand in. */
  readonly references?: ReadonlyMap<string, string>
}

export interface Parsed {
  readonly policy: Policy
  readonly diagnostics: readonly Diagnostic[]
}

type Report = (finding: Finding) => void
/** A file whose top level fits the language. */
export interface PolicyFile {
  readonly at: Place
  readonly sections: Readonly<Record<string, unknown>>
}

/** Turns loaded files into a policy; what is broken is reported and left out, so that the rest is still checked. */
export function parse(loaded: Loaded, options: ParseOptions = {}): Parsed {
  const diagnostics: Diagnostic[] = [...loaded.diagnostics]
  const report: Report = (finding) => void diagnostics.push(locate(finding, parseRules))
  const files = loaded.files.map((text) => parseYaml(text, diagnostics))
  const replacements = options.values ? readReplacements(options.values, diagnostics) : []
  const valued = fillValues(files, replacements, report)
  const references = valued.flatMap(({ at, tree }) => findReferences(tree, at, report))
  const known = options.references ?? fallbacks(references)
  const opened = valued.flatMap(({ at, tree }) => openFile(fillReferences(tree, known), at, report))
  return { policy: assemble(opened, { loaded, references, report }), diagnostics }
}

/** What stands in a values file: one map, name → value. */
function readReplacements(text: SourceText, diagnostics: Diagnostic[]): readonly Replacement[] {
  const { source, tree } = parseYaml(text, diagnostics)
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return []
  return Object.entries(tree).map(([name, value]) => ({ name, value, at: { source, path: [name] } }))
}

interface Tree {
  readonly at: Place
  readonly tree: unknown
}

function fillValues(
  files: readonly ParsedFile[],
  replacements: readonly Replacement[],
  report: Report,
): readonly Tree[] {
  const trees = files
    .filter(({ tree }) => tree !== undefined)
    .map(({ source, tree }) => ({ at: { source, path: [] }, tree }))
  const declared = trees.flatMap(({ at, tree }) => sectionEntries(tree, 'values', at))
  const values = new Values(replaceValues(declared, replacements, report))
  const filled = trees.map(({ at, tree }) => ({ at, tree: values.fill(tree, at, report) }))
  for (const finding of [...repeated('values', declared), ...values.unused()]) report(finding)
  return filled
}

/** The members of a section that maps names to something, as long as it is a map. */
function sectionEntries(tree: unknown, section: string, at: Place): readonly Named<unknown>[] {
  const map = (tree as Record<string, unknown> | null)?.[section]
  if (typeof map !== 'object' || map === null || Array.isArray(map)) return []
  return Object.entries(map).map(([name, value]) => ({
    name,
    value,
    at: { source: at.source, path: [...at.path, section, name] },
  }))
}

/** An empty file (comments only) says nothing; a misfit at the top is reported, and its sound sections still count. */
function openFile(tree: unknown, at: Place, report: Report): readonly PolicyFile[] {
  if (tree === null) return []
  judge(shapes.file, tree, at, report)
  if (typeof tree !== 'object' || Array.isArray(tree)) return []
  return [{ at, sections: tree as Readonly<Record<string, unknown>> }]
}

interface Parts {
  readonly loaded: Loaded
  readonly references: readonly Reference[]
  readonly report: Report
}

function assemble(files: readonly PolicyFile[], { loaded, references, report }: Parts): Policy {
  const section = (name: string): readonly Named<unknown>[] =>
    files.flatMap(({ at, sections }) => sectionEntries(sections, name, at))
  const named = { issuers: section('issuers'), schemas: section('schemas'), profiles: section('profiles') }
  const settings = files.flatMap(({ at, sections }) =>
    sections.settings === undefined ? [] : [whole('settings', sections.settings, at)],
  )
  for (const [kind, entries] of Object.entries({ ...named, settings })) repeated(kind, entries).forEach(report)
  const { routes, usedProfiles } = resolveRoutes(files, named.profiles, report)
  return {
    sources: files.map(({ at }) => at.source),
    digest: loaded.digest,
    settings: judged(settings, settingsShape, report),
    issuers: judged(named.issuers, issuerShape, report),
    roles: judged(section('roles'), roleShape, report),
    schemas: named.schemas as readonly Named<JsonSchema>[],
    profiles: named.profiles.filter(isMap),
    usedProfiles,
    routes,
    references,
  }
}

const whole = (name: string, value: unknown, at: Place): Named<unknown> => ({
  name,
  value,
  at: { source: at.source, path: [name] },
})

const isMap = (entry: Named<unknown>): entry is Named<Readonly<Record<string, unknown>>> =>
  typeof entry.value === 'object' && entry.value !== null && !Array.isArray(entry.value)

function judged<T>(
  entries: readonly Named<unknown>[],
  shape: Parameters<typeof judge<T>>[0],
  report: Report,
): readonly Named<T>[] {
  return entries.flatMap(({ name, value, at }) => {
    const fit = judge(shape, value, at, report)
    return fit === undefined ? [] : [{ name, value: fit, at }]
  })
}

/** Each named thing exists once in the directory. */
function repeated(kind: string, entries: readonly Named<unknown>[]): Finding[] {
  const first = new Map<string, Place>()
  return entries.flatMap(({ name, at }) => {
    const earlier = first.get(name)
    if (earlier === undefined) {
      first.set(name, at)
      return []
    }
    const related = [{ at: earlier, message: `\`${name}\` stands here first`, onKey: true }]
    return [
      { rule: 'policy/duplicate-name', at, onKey: true, message: `\`${name}\` of \`${kind}\` exists twice`, related },
    ]
  })
}
