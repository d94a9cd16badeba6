/** Lays what guards wrote on the head of an answer: each name from one voice, `Vary` merged. */

import { type Amend, type Answer, type Head, type HeaderSet, listLines } from '../core/answer.ts'
import { unheard } from '../core/banners.ts'

/** Ours to write, or for one connection only (RFC 9110 §7.6.1): from a destination they never pass. */
export const withheld: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const stopped: ReadonlySet<string> = new Set([...withheld, ...unheard])

/** The headers of an answer. */
export interface LaidHead {
  /** Lines of this server's own making, each with its line end; nothing has to look at them again. */
  readonly lines: string
  /** What a destination had a say in: name, value, name, value. */
  readonly flat: string[]
}

/** A head as far as it is laid. */
interface Laid extends LaidHead {
  lines: string
  /** Names (lower case) that the destination said. */
  readonly names: string[]
  /** Names that were said, or shut out, as a whole: compared as a whole, which is what makes this cheap. */
  readonly sets: ReadonlySet<string>[]
  readonly vary: string[]
  readonly amends: readonly ReadonlyMap<string, Amend>[]
}

/**
 * The headers of an answer, without those that frame its body. Who speaks first is heard: names that no answer carries,
 * then what guards say of this answer, what they force, the destination as far as they let it, and last their defaults. What a
 * destination says of `Access-Control-*`, or of what it is made of, is not heard.
 */
export function layHead(answer: Answer, head: Head, requestId: string): LaidHead {
  const { removed, own, forced, amends, defaults, vary } = head
  const laid: Laid = {
    lines: `X-Request-Id: ${requestId}\r\n`,
    flat: [],
    names: ['x-request-id'],
    sets: [...removed],
    vary: [...vary],
    amends,
  }
  for (const set of own) laySet(laid, set)
  for (const set of forced) laySet(laid, set)
  layAnswer(laid, answer.headers)
  for (const set of defaults) laySet(laid, set)
  if (laid.vary.length > 0) laid.flat.push('Vary', mergeVary(laid.vary))
  return laid
}

/** A head as one list: name, value, name, value. */
export const listHead = ({ lines, flat }: LaidHead): string[] => [...listLines(lines), ...flat]

const isSettled = ({ names, sets }: Laid, lower: string): boolean =>
  names.includes(lower) || sets.some((set) => set.has(lower))

function laySet(laid: Laid, set: HeaderSet): void {
  if (isApart(laid, set.names)) laid.lines += set.lines
  else layRest(laid, listOf(set))
  laid.sets.push(set.names)
}

/** Whether nothing of a set was said before; `Vary` is merged, never laid as it is. */
function isApart({ names, sets }: Laid, own: ReadonlySet<string>): boolean {
  if (own.has('vary')) return false
  for (const name of names) if (own.has(name)) return false
  for (const set of sets) for (const name of set) if (own.has(name)) return false
  return true
}

function layRest(laid: Laid, flat: readonly string[]): void {
  for (let at = 0; at < flat.length; at += 2) {
    const name = flat[at] ?? ''
    const value = flat[at + 1] ?? ''
    const lower = name.toLowerCase()
    if (lower === 'vary') laid.vary.push(value)
    else if (!isSettled(laid, lower)) laid.lines += `${name}: ${value}\r\n`
  }
}

/** Sets are made once a route, and half-said ones are laid on every refusal. */
const lists = new WeakMap<HeaderSet, readonly string[]>()

function listOf(set: HeaderSet): readonly string[] {
  const known = lists.get(set)
  if (known !== undefined) return known
  const list = listLines(set.lines)
  lists.set(set, list)
  return list
}

/** A destination may say a name more than once (`Set-Cookie`, `Link`): its names are settled when it is done. */
function layAnswer(laid: Laid, headers: readonly string[]): void {
  const said: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? ''
    const value = headers[at + 1] ?? ''
    const lower = name.toLowerCase()
    if (lower === 'vary') laid.vary.push(value)
    else if (!isSettled(laid, lower) && !stopped.has(lower) && !lower.startsWith('access-control-')) {
      const heard = amend(laid.amends, lower, value)
      if (heard === undefined) continue
      said.push(lower)
      laid.flat.push(name, heard)
    }
  }
  laid.names.push(...said)
}

function amend(amends: Laid['amends'], lower: string, value: string): string | undefined {
  let heard: string | undefined = value
  for (const each of amends) {
    const change = each.get(lower)
    if (change !== undefined && heard !== undefined) heard = change(heard)
  }
  return heard
}

/** Each field name once; `*` says all that can be said (RFC 9110 §12.5.5). */
function mergeVary(values: readonly string[]): string {
  const [only] = values
  if (values.length === 1 && only !== undefined && !only.includes(',')) return only
  const names = new Map<string, string>()
  for (const name of values.join(',').split(',')) {
    const lower = name.trim().toLowerCase()
    if (lower !== '' && !names.has(lower)) names.set(lower, name.trim())
  }
  return names.has('*') ? '*' : [...names.values()].join(', ')
}
