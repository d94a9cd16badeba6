/** One request to a running server, and what the policy says of it. */

import type { Code } from '../../core/denial.ts'
import type { Source } from '../../core/site.ts'
import type { CookiesBlock } from '../../guards/headers/cookies.ts'

/** A header field. */
export type Field = readonly [name: string, value: string]

/** Sent as it stands: no client library mends it on the way. */
export interface ProbeRequest {
  readonly method: string
  /** Path and query, percent-encoded. */
  readonly target: string
  readonly headers: readonly Field[]
  /** The fields that prove who calls: no report shows their values. */
  readonly credential: readonly Field[]
  readonly body?: string | undefined
}

/** Bytes of a connection that no HTTP client would write. */
export interface RawRequest {
  readonly raw: string
}

/** What the answer has to be. */
export type Expectation =
  /** By one of these codes of the catalogue, or by their status alone where the server names none. */
  | { readonly kind: 'refused'; readonly codes: readonly Code[] }
  /** By anything but these codes. */
  | { readonly kind: 'admitted'; readonly codes: readonly Code[] }
  | { readonly kind: 'answered'; readonly status: number }
  /** Within so many milliseconds, as `upstream_timeout` where the destination took longer. */
  | { readonly kind: 'timely'; readonly within: number }

export interface Probe {
  /** The guard that is tried: `scopes`. */
  readonly guard: string
  /** As the policy writes it: `POST /orders`. */
  readonly route: string
  /** The line that says so. */
  readonly source: Source
  /** What is tried, in a few words. */
  readonly title: string
  readonly request: ProbeRequest | RawRequest
  readonly expected: Expectation
  /** Header → its value; undefined where it must not be there. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** What is put on record where it passes. */
  readonly onRecord?: OnRecord | undefined
  /** What holds for the cookies of its answer. */
  readonly cookies?: CookieTerms | undefined
}

/** What a policy says of the cookies that a route sets. */
export interface CookieTerms {
  readonly source: Source
  /** None where the policy says nothing of them. */
  readonly block: CookiesBlock | undefined
}

/** The same request by each role, and what each of them may not be answered. */
export interface Reading {
  /** Where in the answer the document stands, or the list of them: the segments of a JSON Pointer. */
  readonly at: readonly string[]
  readonly readers: readonly Reader[]
}

export interface Reader {
  readonly role: string
  readonly probe: Probe
  /** Whether there is anything that it may not read. */
  readonly isBound: boolean
  /** What it surely may not read of a document, as JSON Pointers into it: empty for the whole. */
  surplus(document: unknown): readonly string[]
}

/** What a record says at least. */
export interface OnRecord {
  /** Undefined where the policy names none. */
  readonly event: string | undefined
  readonly source: Source
}

/** One request again and again: no more of it may be admitted than a limit says. */
export interface Volley extends Omit<Probe, 'expected' | 'request' | 'headers'> {
  readonly request: ProbeRequest
  /** At once. */
  readonly capacity: number
  /** More of them each second. */
  readonly rate: number
  /** Sent once nothing is left, and refused all the same. */
  readonly disguises: readonly Field[]
}

/** One request so many times at once: one more than may run or wait. */
export interface Crowd extends Omit<Probe, 'expected' | 'request' | 'headers'> {
  readonly request: ProbeRequest
  readonly size: number
}

/** Something that was not tried, and why. */
export interface Untried {
  readonly guard: string
  readonly route: string
  readonly why: string
}

/** What the policies give to try. */
export interface Plan {
  readonly readings: readonly Reading[]
  readonly probes: readonly Probe[]
  readonly volleys: readonly Volley[]
  readonly crowds: readonly Crowd[]
  readonly untried: readonly Untried[]
}

/** A request that was let in, and that has to be on record. */
export interface Entered {
  readonly probe: Probe & { readonly onRecord: OnRecord }
  readonly requestId: string
}

export interface Answer {
  readonly status: number
  /** Names in lower case; of several, joined by commas. */
  readonly headers: Readonly<Record<string, string>>
  /** The values of `Set-Cookie`. */
  readonly cookies: readonly string[]
  /** Its first megabyte. */
  readonly body: string
  readonly isWhole: boolean
  /** From its first byte that was sent to the head of the answer. */
  readonly milliseconds: number
}
