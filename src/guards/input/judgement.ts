/** What was found of one part of a request, and what holds once all parts are found right. */

import type { Denial, InputFault } from '../../core/denial.ts'
import type { Exchange } from '../../core/exchange.ts'
import { toPointer } from '../../schema/pointer.ts'
import type { Checked, Path, SchemaError } from '../../schema/schema.ts'

export interface Judgement {
  readonly faults: readonly InputFault[]
  /** Hands the part on as it was read; called only if no part has a fault. */
  accept(): void
}

/** Reads and judges one part; a part that cannot be read is a denial. */
export type Judge = (exchange: Exchange) => Judgement | Denial

const none: readonly never[] = Object.freeze([])
const ignore = (): void => {}

/** Nothing to find and nothing to hand on. */
export const nothingFound: Judgement = Object.freeze({ faults: none, accept: ignore })

/** One fault of a part as a whole. */
export const foundFault = (fault: InputFault): Judgement =>
  Object.freeze({ faults: [Object.freeze(fault)], accept: ignore })

/** Characters of a path that a refusal shows: names of undeclared members come from the caller, and may be long. */
const longestPath = 256

/** The JSON Pointer of a fault, cut where it is long. */
export function shownPath(path: Path): string {
  const pointer = toPointer(path)
  return pointer.length > longestPath ? `${pointer.slice(0, longestPath)}…` : pointer
}

const faultOf = (part: InputFault['in'], { path, rule, message }: SchemaError): InputFault => ({
  in: part,
  path: shownPath(path),
  rule,
  message,
})

/** Turns what the schema engine says into a judgement; `accept` gets the value as the schema left it. */
export function judgementOf<T>(
  part: InputFault['in'],
  checked: Checked<T>,
  accept: (value: T, changed: boolean) => void,
): Judgement {
  if (checked.errors !== undefined)
    return { faults: checked.errors.map((error) => faultOf(part, error)), accept: ignore }
  return { faults: none, accept: () => accept(checked.value, checked.changed) }
}
