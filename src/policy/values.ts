/** `values`: what environments change. `${value:NAME}` is filled in before anything else looks at a policy. */

import type { Rules } from '../core/diagnostic.ts'
import { suggest } from '../core/suggest.ts'
import type { Finding } from './findings.ts'
import { mapMembers } from './map-members.ts'
import type { Report } from './misfit.ts'
import type { Named } from './policy.ts'
import { below, type Place } from './source.ts'

export const valuesRules: Rules = {
  'values/unknown': {
    severity: 'error',
    cause: 'A `${value:NAME}` names a value that no `values` section declares.',
    hint: 'declare it under `values`, with the default that holds where no environment changes it',
  },
  'values/not-text': {
    severity: 'error',
    cause: 'A list or map cannot be written into a longer text.',
    hint: 'let the reference be the whole value',
  },
  'values/nested': {
    severity: 'error',
    cause: 'A value does not refer to other values: which one an environment changes would be hard to see.',
    hint: 'write the value itself',
  },
  'values/not-declared': {
    severity: 'error',
    cause: 'The values file sets a name that the policies do not declare.',
    hint: 'declare it under `values`, or take it out of the values file',
  },
  'values/wrong-type': {
    severity: 'error',
    cause: 'The values file gives a value another type than the policies declare.',
    hint: 'give it the declared type, or change the declaration',
  },
  'values/not-a-map': {
    severity: 'error',
    cause: 'A values file is one map from the names of declared values to what they are there.',
    hint: 'write `NAME: value`, one a line',
  },
  'values/unused': {
    severity: 'warning',
    cause: 'A declared value is used nowhere.',
    hint: 'use it as `${value:NAME}`, or take it out',
  },
}

/** A value by its name. */
export type DeclaredValue = Named<unknown>

const whole = /^\$\{value:([^}]*)\}$/
const inside = /\$\{value:([^}]*)\}/g
const refersToValue = (text: unknown): text is string => typeof text === 'string' && text.includes('${value:')

/** Fills in values over trees and remembers which were used. */
export class Values {
  readonly #declared: ReadonlyMap<string, DeclaredValue>
  readonly #used = new Set<string>()

  constructor(declared: readonly DeclaredValue[]) {
    this.#declared = new Map(declared.map((value) => [value.name, value]))
  }

  /** `tree` with every `${value:NAME}` filled in; what cannot be is reported and left as it is. */
  fill(tree: unknown, at: Place, report: Report): unknown {
    if (refersToValue(tree)) return this.#fillText(tree, at, report)
    if (typeof tree !== 'object' || tree === null) return tree
    return mapMembers(tree, (member, key) => this.fill(member, below(at, key), report))
  }

  /** The declared values that no text named. */
  unused(): readonly Finding[] {
    const idle = [...this.#declared.values()].filter(({ name }) => !this.#used.has(name))
    return idle.map(({ name, at }) => ({
      rule: 'values/unused',
      at,
      onKey: true,
      message: `nothing uses the value \`${name}\``,
    }))
  }

  #fillText(text: string, at: Place, report: Report): unknown {
    const only = whole.exec(text)?.[1]
    if (only !== undefined) {
      const declared = this.#find(only, at, report)
      return declared === undefined ? text : declared.value
    }
    return text.replace(inside, (reference, name: string) => {
      const declared = this.#find(name, at, report)
      if (declared === undefined) return reference
      if (typeof declared.value !== 'object') return String(declared.value)
      report({ rule: 'values/not-text', at, message: `expected \`${name}\` to be a scalar inside a text` })
      return reference
    })
  }

  #find(name: string, at: Place, report: Report): DeclaredValue | undefined {
    const declared = this.#declared.get(name)
    this.#used.add(name)
    if (declared !== undefined) return declared
    report({
      rule: 'values/unknown',
      at,
      message: `no value is named \`${name}\``,
      hint: nearest(name, this.#declared),
    })
    return undefined
  }
}

function nearest(name: string, known: ReadonlyMap<string, unknown>): string | undefined {
  const near = suggest(name, [...known.keys()])
  return near && `did you mean \`${near}\`?`
}

/** Values that refer to values, wherever in them. */
export const findNested = (values: readonly DeclaredValue[]): readonly Finding[] =>
  values.flatMap(({ value, at }) => findReferring(value, at))

function findReferring(tree: unknown, at: Place): readonly Finding[] {
  if (refersToValue(tree))
    return [{ rule: 'values/nested', at, message: `\`${tree}\` inside a value is not filled in` }]
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([key, member]) => findReferring(member, below(at, key)))
}

/** The declared values with those of a values file in their place. */
export function replaceValues(
  declared: readonly DeclaredValue[],
  replacements: readonly DeclaredValue[],
  report: Report,
): readonly DeclaredValue[] {
  const byName = new Map(declared.map((value) => [value.name, value]))
  for (const replacement of replacements) {
    const known = byName.get(replacement.name)
    const fault = judgeReplacement(replacement, known, byName)
    if (fault !== undefined) report(fault)
    else if (known !== undefined) byName.set(known.name, { ...known, value: replacement.value })
  }
  return [...byName.values()]
}

function judgeReplacement(
  { name, value, at }: DeclaredValue,
  known: DeclaredValue | undefined,
  declared: ReadonlyMap<string, unknown>,
): Finding | undefined {
  if (known === undefined) {
    const message = `the policies declare no value \`${name}\``
    return { rule: 'values/not-declared', at, onKey: true, message, hint: nearest(name, declared) }
  }
  const [expected, received] = [kindOf(known.value), kindOf(value)]
  if (expected === received) return undefined
  return { rule: 'values/wrong-type', at, message: `expected \`${name}\` to be ${expected}, got ${received}` }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`
}
