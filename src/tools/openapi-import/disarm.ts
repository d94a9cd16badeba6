/** Takes out of a converted document what means something in a policy file and was only text where it came from. */

import { isMembers } from '../../schema/types.ts'

/** Text for people: it stays, and says the same. */
const texts: ReadonlySet<string> = new Set(['description', 'summary', 'title'])

/**
 * A copy without `${`, which would be filled in with secrets and files, and without numbers that YAML cannot keep. `note` is
 * told of what is lost.
 */
export function disarm(value: unknown, note: (text: string) => void): unknown {
  if (Array.isArray(value)) return value.filter((item) => isHarmless(item, note)).map((item) => disarm(item, note))
  if (!isMembers(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]): readonly (readonly [string, unknown])[] => {
      if (!isHarmless(key, note)) return []
      if (texts.has(key) && typeof member === 'string') return [[key, plain(member)]]
      return isHarmless(member, note) ? [[key, disarm(member, note)]] : []
    }),
  )
}

const plain = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll('${', '$ {')
    .replace(/[^\P{C}\n]/gu, ' ')
    .replace(/ +$/gm, '')

function isHarmless(value: unknown, note: (text: string) => void): boolean {
  if (typeof value === 'string' && value.includes('${')) {
    note('a text with `${` is left out: it would be filled in')
    return false
  }
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return true
  if (Number.isFinite(value) && !Number.isInteger(value)) return true
  note('a number that cannot be kept exactly is left out')
  return false
}
