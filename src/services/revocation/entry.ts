/** What is revoked, in the one form in which it is kept and sent: names are digests, so that no store holds whose they are. */

import { hash } from 'node:crypto'
import type { RevocableToken } from './revocation.ts'

/** All tokens that its key names and that were issued until a time. */
export interface Entry {
  /** A letter for the kind, and 128 bits of SHA-256. */
  readonly key: string
  /** Seconds since the Unix epoch; a token issued in this very second is revoked, one without `iat` too. */
  readonly issuedUntil: number
  /** Milliseconds since the Unix epoch; from then on no such token is alive. */
  readonly forgetAt: number
}

/** Milliseconds after which no token is alive unless told: longer than access tokens usually live. */
const usualLife = 30 * 24 * 3_600_000
/** Milliseconds by which an issuer's `leeway` (5m at most) and clocks that differ prolong a token. */
const margin = 10 * 60_000
/** Tokens of an id are revoked whenever they were issued. */
const always = Number.MAX_SAFE_INTEGER

/** When tokens are issued and forgotten; milliseconds since the Unix epoch. */
export interface Times {
  readonly now: number
  /** Tokens issued until then; until now unless told. */
  readonly time?: number | undefined
  /** When the last of the tokens expires. */
  readonly until?: number | undefined
}

export const tokenEntry = (issuer: string, id: string, { now, until }: Times): Entry => ({
  key: keyOfToken(issuer, id),
  issuedUntil: always,
  forgetAt: forgetAt(now, until),
})

export const userEntry = (issuer: string, id: string, { now, time = now, until }: Times): Entry => ({
  key: keyOfUser(issuer, id),
  issuedUntil: secondsOf(time),
  forgetAt: forgetAt(now, until),
})

/** All tokens of a session, whenever they were issued: it has ended. */
export const sessionEntry = (issuer: string, id: string, { now, until }: Times): Entry => ({
  key: keyOfSession(issuer, id),
  issuedUntil: always,
  forgetAt: forgetAt(now, until),
})

/** All tokens of a user that say what it was granted before, whenever they were issued: it was granted something else. */
export const grantsEntry = (issuer: string, id: string, { version, now, until }: Times & Granted): Entry => ({
  key: keyOfGrants(issuer, id, version),
  issuedUntil: always,
  forgetAt: forgetAt(now, until),
})

interface Granted {
  /** The `grants_version` of the tokens. */
  readonly version: number
}

/** Of one issuer, or of all. */
export const beforeEntry = (issuer: string | undefined, { now, time = now, until }: Times): Entry => ({
  key: issuer === undefined ? keyOfAll : keyOfIssuer(issuer),
  issuedUntil: secondsOf(time),
  forgetAt: forgetAt(now, until),
})

/** The keys of every entry that can revoke a token. */
export function keysOf({ issuer, user, id, session, version }: RevocableToken): readonly string[] {
  return [
    keyOfAll,
    keyOfIssuer(issuer),
    keyOfUser(issuer, user),
    ...(id === undefined ? [] : [keyOfToken(issuer, id)]),
    ...(session === undefined ? [] : [keyOfSession(issuer, session)]),
    ...(version === undefined ? [] : [keyOfGrants(issuer, user, version)]),
  ]
}

export const covers = ({ issuedUntil }: Entry, { issuedAt }: RevocableToken): boolean =>
  issuedAt === undefined || Math.floor(issuedAt) <= issuedUntil

/** Whether one entry says all that another of its key says. */
export const saysAll = (one: Entry, other: Entry): boolean =>
  one.issuedUntil >= other.issuedUntil && one.forgetAt >= other.forgetAt

/** One entry that says what two of a key say. */
export const merge = (one: Entry, other: Entry): Entry => ({
  key: one.key,
  issuedUntil: Math.max(one.issuedUntil, other.issuedUntil),
  forgetAt: Math.max(one.forgetAt, other.forgetAt),
})

/** There is one for each issuer at most: never too many. */
export const isOfMany = ({ key }: Entry): boolean => /^[gtus]/.test(key)

const secondsOf = (time: number): number => Math.max(0, Math.floor(time / 1_000))
const forgetAt = (now: number, until = now + usualLife): number => until + margin

const keyOfAll = 'a'
const keyOfIssuer = (issuer: string): string => `i${digest(issuer)}`
const keyOfUser = (issuer: string, id: string): string => `u${digest(`${issuer.length}:${issuer}${id}`)}`
const keyOfToken = (issuer: string, id: string): string => `t${digest(`${issuer.length}:${issuer}${id}`)}`
const keyOfGrants = (issuer: string, id: string, version: number): string =>
  `g${digest(`${issuer.length}:${issuer}${version}:${id}`)}`
const keyOfSession = (issuer: string, id: string): string => `s${digest(`${issuer.length}:${issuer}${id}`)}`

/** Over the code units: as UTF-8, halves of surrogate pairs would all be the same. */
const digest = (text: string): string =>
  hash('sha256', Buffer.from(text, 'utf16le'), 'buffer').subarray(0, 16).toString('base64url')
