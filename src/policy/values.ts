/** `values`: what environments change. `${value:NAME}` is filled in before anything else looks at a policy. */

import { readFileSync } from 'node:fs'
import type { Rules } from '../core/diagnostic.ts'
import { suggest } from '../core/suggest.ts'
import type { Path } from '../schema/schema.ts'
import type { Finding } from './findings.ts'
import type { Place } from './source.ts'

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
  'values/unused': {
    severity: 'warning',
    cause: 'A declared value is used nowhere.',
    hint: 'use it as `${value:NAME}`, or take it out',
  },
}

/** A declared value, and where. */
export interface DeclaredValue {
  readonly name: string
  readonly value: unknown
  readonly at: Place
}

const whole = /^\$\{value:([^}]*)\}$/
const inside = /\$\{value:([^}]*)\}/g

/** Fills in values over trees and remembers which were used. */
export class Values {
  readonly #declared: ReadonlyMap<string, DeclaredValue>
  readonly #used = new Set<string>()

  constructor(declared: readonly DeclaredValue[]) {
    this.#declared = new Map(declared.map((value) => [value.name, value]))
  }

  /** A copy of `tree` with every `${value:NAME}` filled in; what cannot be is reported and left as it is. */
  fill(tree: unknown, at: Place, report: (finding: Finding) => void): unknown {
    if (typeof tree === 'string') return tree.includes('${value:') ? this.#fillText(tree, at, report) : tree
    if (typeof tree !== 'object' || tree === null) return tree
    const below = (key: string | number): Place => ({ source: at.source, path: [...at.path, key] as Path })
    if (Array.isArray(tree)) return tree.map((item, index) => this.fill(item, below(index), report))
    const filled: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(tree)) define(filled, key, this.fill(value, below(key), report))
    return filled
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

  #fillText(text: string, at: Place, report: (finding: Finding) => void): unknown {
    const only = whole.exec(text)?.[1]
    if (only !== undefined) return this.#find(only, at, report)?.value ?? text
    return text.replace(inside, (reference, name: string) => {
      const declared = this.#find(name, at, report)
      if (declared === undefined) return reference
      if (typeof declared.value !== 'object') return String(declared.value)
      report({ rule: 'values/not-text', at, message: `expected \`${name}\` to be a scalar inside a text` })
      return reference
    })
  }

  #find(name: string, at: Place, report: (finding: Finding) => void): DeclaredValue | undefined {
    const declared = this.#declared.get(name)
    this.#used.add(name)
    if (declared !== undefined) return declared
    const near = suggest(name, [...this.#declared.keys()])
    report({
      rule: 'values/unknown',
      at,
      message: `no value is named \`${name}\``,
      hint: near && `did you mean \`${near}\`?`,
    })
    return undefined
  }
}

/** Sets an own member, `__proto__` included. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
}

export interface Replacement {
  readonly name: string
  readonly value: unknown
  readonly at: Place
}

/** The declared values with those of a values file in their place. */
export function replaceValues(
  declared: readonly DeclaredValue[],
  replacements: readonly Replacement[],
  report: (finding: Finding) => void,
): readonly DeclaredValue[] {
  const byName = new Map(declared.map((value) => [value.name, value]))
  for (const { name, value, at } of replacements) {
    const known = byName.get(name)
    if (known === undefined) {
      const near = suggest(name, [...byName.keys()])
      report({
        rule: 'values/not-declared',
        at,
        onKey: true,
        message: `the policies declare no value \`${name}\``,
        hint: near && `did you mean \`${near}\`?`,
      })
    } else if (kindOf(known.value) !== kindOf(value)) {
      report({
        rule: 'values/wrong-type',
        at,
        message: `expected \`${name}\` to be ${kindOf(known.value)}, got ${kindOf(value)}`,
      })
    } else byName.set(name, { ...known, value })
  }
  return [...byName.values()]
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`
}

/** The text of a values file; throws with a reason where it cannot be read. */
export const readValuesFile = (path: string): string => readFileSync(path, 'utf8')
