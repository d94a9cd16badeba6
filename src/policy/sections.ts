/** The sections whose entries have names, each of which exists once in the directory. */

import type { Fault, Rules } from '../core/diagnostic.ts'
import type { JsonSchema, Validator } from '../schema/schema.ts'
import { checkIssuer } from '../services/keys/issuer.ts'
import { checkRole } from '../services/roles/check-role.ts'
import type { Finding } from './findings.ts'
import { judge, type Report, salvage } from './misfit.ts'
import type { Fragment, Named, Policy, PolicyFile } from './policy.ts'
import { checkSettings } from './settings.ts'
import { issuerShape, roleShape, settingsShape, type Tree } from './shapes.ts'
import { below, type Place } from './source.ts'

export const sectionRules: Rules = {
  'policy/duplicate-name': {
    severity: 'error',
    cause: 'Each named thing exists once in the directory; of two, nobody could say which one holds.',
    hint: 'rename one of the two, or take it out',
  },
  'settings/duplicate': {
    severity: 'error',
    cause: 'A directory describes one server.',
    hint: 'keep all settings in one file',
  },
}

type Sections = Pick<Policy, 'settings' | 'issuers' | 'roles' | 'schemas' | 'profiles' | 'broken' | 'fragments'>

/** Every named section over all files; an entry with faults is reported, and known by its name alone. */
export function readSections(files: readonly PolicyFile[], report: Report): Sections {
  const section = (name: string) => files.flatMap(({ at, sections }) => entriesOf(sections, name, at))
  const [settings, issuers, roles] = [findSettings(files), section('issuers'), section('roles')]
  const [schemas, profiles] = [section('schemas'), section('profiles')]
  const twice = [...repeated('issuer', issuers), ...repeated('schema', schemas), ...repeated('profile', profiles)]
  for (const finding of [...severalSettings(settings), ...twice]) report(finding)
  const fragments: Fragment[] = []
  const sound = {
    settings: judged(settings, { shape: settingsShape, check: checkSettings, fragments }, report),
    issuers: judged(issuers, { shape: issuerShape, check: checkIssuer, fragments }, report),
    roles: judged(roles, { shape: roleShape, check: checkRole, fragments }, report),
  }
  return {
    ...sound,
    fragments,
    schemas: schemas as readonly Named<JsonSchema>[],
    profiles: profiles.filter(isMap),
    broken: { issuers: missingFrom(sound.issuers, issuers), roles: missingFrom(sound.roles, roles) },
  }
}

/** The members of a section that maps names to something, as long as it is a map. */
export function entriesOf(tree: unknown, section: string, at: Place): readonly Named<unknown>[] {
  const map = (tree as Tree | null)?.[section]
  if (typeof map !== 'object' || map === null || Array.isArray(map)) return []
  return Object.entries(map).map(([name, value]) => ({ name, value, at: below(at, section, name) }))
}

/** The findings of names that stand twice. */
export function repeated(kind: string, entries: readonly Named<unknown>[]): readonly Finding[] {
  const first = new Map<string, Place>()
  return entries.flatMap(({ name, at }) => {
    const earlier = first.get(name)
    if (earlier === undefined) {
      first.set(name, at)
      return []
    }
    const related = [{ at: earlier, message: `\`${name}\` stands here first`, onKey: true }]
    return [
      { rule: 'policy/duplicate-name', at, onKey: true, message: `the ${kind} \`${name}\` exists twice`, related },
    ]
  })
}

const findSettings = (files: readonly PolicyFile[]): readonly Named<unknown>[] =>
  files.flatMap(({ at, sections: { settings } }) =>
    settings === undefined ? [] : [{ name: 'settings', value: settings, at: below(at, 'settings') }],
  )

const severalSettings = ([first, ...others]: readonly Named<unknown>[]): readonly Finding[] =>
  others.map(({ at }) => ({
    rule: 'settings/duplicate',
    at,
    onKey: true,
    message: '`settings` exists twice',
    ...(first && { related: [{ at: first.at, message: '`settings` stands here first', onKey: true }] }),
  }))

const isMap = (entry: Named<unknown>): entry is Named<Tree> =>
  typeof entry.value === 'object' && entry.value !== null && !Array.isArray(entry.value)

interface Section<T> {
  readonly shape: Validator<T>
  check(value: T): readonly Fault[]
  /** Takes what is left of entries with faults. */
  readonly fragments: Fragment[]
}

function judged<T>(entries: readonly Named<unknown>[], section: Section<T>, report: Report): readonly Named<T>[] {
  return entries.flatMap(({ name, value, at }) => {
    const fit = judge(section.shape, value, at, report)
    if (fit !== undefined) return [{ name, value: fit, at }]
    const rest = salvage(section.shape, value)
    if (rest !== undefined) section.fragments.push({ at, check: () => section.check(rest) })
    return []
  })
}

/** The names of entries that no sound one bears. */
function missingFrom(sound: readonly Named<unknown>[], all: readonly Named<unknown>[]): ReadonlySet<string> {
  const places = new Set(sound.map(({ at }) => at))
  return new Set(all.filter(({ at }) => !places.has(at)).map(({ name }) => name))
}
