/** Reads parts of a document that anybody may have written: what is of another type counts as not there. */

import { isMembers, type Members } from '../../schema/types.ts'

const nothing: Members = Object.freeze({})

export const membersOf = (value: unknown): Members => (isMembers(value) ? value : nothing)
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** What has been found, without what is undefined; own members only, `__proto__` included. */
export const known = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

/** A text on one line, for a comment or a message. */
export const onOneLine = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
