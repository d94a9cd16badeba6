/** Durations (`500ms 30s 5m 12h 7d`) and sizes (`16kb 1mb`) as policies write them. */

const millis: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const bytes: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }

export const durationPattern = '^[1-9][0-9]{0,8}(ms|s|m|h|d)$'
/** No timer of Node waits longer, in milliseconds: beyond it they run at once. */
export const longestTimer = 2 ** 31 - 1
export const sizePattern = '^[1-9][0-9]{0,8}(b|kb|mb|gb)$'

function readUnit(text: string, pattern: string, units: Readonly<Record<string, number>>): number {
  if (!new RegExp(pattern).test(text)) throw new TypeError(`not a quantity: ${text}`)
  const digits = Number.parseInt(text, 10)
  return digits * (units[text.slice(String(digits).length)] ?? 1)
}

/** Milliseconds of a duration; throws TypeError on any other text (the schema refused it before). */
export const readDuration = (text: string): number => readUnit(text, durationPattern, millis)

/** Bytes of a size; throws TypeError on any other text. */
export const readSize = (text: string): number => readUnit(text, sizePattern, bytes)
