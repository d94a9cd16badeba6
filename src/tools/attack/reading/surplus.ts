/** What of a document nobody with these rights is answered: read from the policy alone, not from what a server makes of it. */

import { FieldPath, type JudgeField } from '../../../services/roles/field-reader.ts'

/** JSON Pointers into the document; empty for the whole, where nothing of it may be read. */
export function surplusOf(document: unknown, judge: JudgeField): readonly string[] {
  if (document === null) return []
  if (!isObject(document)) return ['']
  const found = walk(document, { field: new FieldPath(), allowed: false, pointer: '' }, judge)
  return found.some(({ surplus }) => !surplus)
    ? found.filter(({ surplus }) => surplus).map(({ pointer }) => pointer)
    : found.slice(0, 1).map(() => '')
}

interface Place {
  readonly field: FieldPath
  /** What holds it may be read, and so it may where no rule forbids it. */
  readonly allowed: boolean
  readonly pointer: string
}

interface Leaf {
  readonly pointer: string
  readonly surplus: boolean
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Items of a list are of the list's own field. */
function walk(value: unknown, place: Place, judge: JudgeField): readonly Leaf[] {
  const { field, allowed, pointer } = place
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((item, index) => walk(item, { ...place, pointer: `${pointer}/${index}` }, judge))
  const members = isObject(value) ? Object.entries(value) : []
  if (members.length === 0) return pointer === '' ? [] : [{ pointer, surplus: !allowed }]
  return members.flatMap(([name, member]) => {
    const [own, inside] = [field.member(name), pointer + pointerTo([name])]
    const verdict = judge(own)
    if (verdict === 'forbidden') return [{ pointer: inside, surplus: true }]
    return walk(member, { field: own, allowed: allowed || verdict === 'allowed', pointer: inside }, judge)
  })
}

/** RFC 6901 §3. */
export const pointerTo = (names: readonly string[]): string =>
  names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
