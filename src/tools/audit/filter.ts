/** Which records are wanted, and how those that cannot be are passed over without being read. */

/** A record as it was read. */
export type AuditRecord = Readonly<Record<string, unknown>>

export interface Wanted {
  readonly user?: string | undefined
  readonly issuer?: string | undefined
  /** `data.*` is all that begin so. */
  readonly event?: string | undefined
  readonly outcome?: string | undefined
  readonly requestId?: string | undefined
  /** ISO times, the second one excluded. */
  readonly since?: string | undefined
  readonly until?: string | undefined
}

export interface Filter {
  readonly wanted: Wanted
  /** Whether the line may be wanted: a search of its bytes. */
  mayBe(line: Buffer): boolean
  /** Whether the record is wanted. */
  is(record: AuditRecord): boolean
}

export function createFilter(wanted: Wanted): Filter {
  const { user, issuer, event, outcome, requestId, since, until } = wanted
  const needles = needlesOf(wanted)
  const isEvent = eventTest(event)
  return {
    wanted,
    mayBe: (line) => needles.every((needle) => line.includes(needle)),
    is: (record) =>
      isEvent(record.event) &&
      (outcome === undefined || record.outcome === outcome) &&
      (requestId === undefined || record.requestId === requestId) &&
      (user === undefined || memberOf(record.principal, 'id') === user) &&
      (issuer === undefined || memberOf(record.principal, 'issuer') === issuer) &&
      (since === undefined || String(record.time) >= since) &&
      (until === undefined || String(record.time) < until),
  }
}

/** What stands in each wanted line, to the byte as the writer puts it. */
function needlesOf({ user, issuer, event, outcome, requestId }: Wanted): readonly Buffer[] {
  const members = Object.entries({ id: user, issuer, outcome, requestId }).filter(([, value]) => value !== undefined)
  const texts = members.map(([name, value]) => `"${name}":${JSON.stringify(value)}`)
  if (event !== undefined) texts.push(event.endsWith('.*') ? `"event":"${event.slice(0, -1)}` : `"event":"${event}"`)
  return texts.map((text) => Buffer.from(text))
}

function eventTest(event: string | undefined): (found: unknown) => boolean {
  if (event === undefined) return () => true
  if (!event.endsWith('.*')) return (found) => found === event
  const start = event.slice(0, -1)
  return (found) => typeof found === 'string' && found.startsWith(start)
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
