/** Opened policies hold secrets as plain texts, for guards and services to use: whoever prints a part of them gets names instead. */

import { type InspectOptions, inspect } from 'node:util'
import { maskSecrets } from '../services/secrets/mask.ts'
import type { Policy } from './policy.ts'
import type { Settings } from './settings.ts'

/** Has whatever holds a secret print its name; `JSON.stringify` of the whole, too. Guards and services see what they saw. */
export function veil(policy: Policy, settings: Settings): void {
  const seen = new WeakSet<object>()
  for (const { value } of [...policy.settings, ...policy.issuers]) veilWithin(value, seen)
  veilWithin(settings, seen)
  if (policy.references.some(isInRoutes)) {
    for (const { value } of [...policy.profiles, ...policy.schemas]) veilWithin(value, seen)
    for (const { sections } of policy.files) veilWithin(sections, seen)
    for (const { blocks, destinations } of policy.routes)
      for (const { value } of [...blocks.values(), ...destinations]) veilWithin(value, seen)
  }
  for (const whole of [policy, settings]) {
    hide(whole)
    define(whole, 'toJSON', () => JSON.parse(maskSecrets(JSON.stringify({ ...whole }))))
  }
}

const isInRoutes = ({ kind, at: { path } }: Policy['references'][number]): boolean =>
  kind !== 'env' && path[0] !== 'settings' && path[0] !== 'issuers'

function veilWithin(value: unknown, seen: WeakSet<object>): boolean {
  if (typeof value === 'string') return maskSecrets(value) !== value
  if (typeof value !== 'object' || value === null || seen.has(value)) return false
  seen.add(value)
  if (value instanceof Uint8Array) return hideBytes(value)
  let holds = false
  for (const member of Object.values(value)) holds = veilWithin(member, seen) || holds
  if (holds) hide(value)
  return holds
}

const hide = (value: object): void =>
  define(value, inspect.custom, (depth: number, options: InspectOptions) =>
    maskSecrets(inspect(Array.isArray(value) ? [...value] : { ...value }, { ...options, depth })),
  )

/** Keys that were decoded: nobody reads their bytes in a log. */
function hideBytes(value: Uint8Array): boolean {
  define(value, inspect.custom, () => `[${value.length} bytes]`)
  define(value, 'toJSON', () => `[${value.length} bytes]`)
  return true
}

/** Not one of its members: copies and comparisons pass it by. */
function define(value: object, name: PropertyKey, give: (...args: never[]) => unknown): void {
  if (Object.isExtensible(value)) Object.defineProperty(value, name, { value: give, configurable: true })
}
