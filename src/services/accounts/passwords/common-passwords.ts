/** Passwords that everybody has: some 58,000, loaded where one is to be chosen. */

import { hash } from 'node:crypto'

export interface CommonPasswords {
  /** Whether this, in lower case, is one of them. */
  has(text: string): boolean
  /** The length of the longest that may be a part of another. */
  readonly longest: number
}

/** Bytes of a digest that are kept: by chance one good password in a hundred million is refused. */
const kept = 5

/** What stands in the list of long ones for a password in lower case. */
export const digestCommon = (text: string): string => hash('sha256', text, 'binary').slice(0, kept)

/** The digests, one behind the other, as they are kept. */
export const packDigests = (digests: readonly string[]): string =>
  Buffer.from([...digests].sort().join(''), 'latin1').toString('base64')

let loading: Promise<CommonPasswords> | undefined

/** Once for the process: they take 20 MB. What failed is tried again. */
export function loadCommonPasswords(): Promise<CommonPasswords> {
  loading ??= load().catch((error) => {
    loading = undefined
    throw error
  })
  return loading
}

async function load(): Promise<CommonPasswords> {
  const [{ dictionary }, { longCommonPasswords, leastLength }] = await Promise.all([
    import('@zxcvbn-ts/language-common'),
    import('./long-common-passwords.ts'),
  ])
  const short = new Set(dictionary['passwords-common'])
  const long = new Set(unpack(longCommonPasswords))
  let longest = 0
  for (const { length } of short) longest = Math.max(longest, length)
  return {
    has: (text) => short.has(text) || (text.length >= leastLength && long.has(digestCommon(text))),
    longest,
  }
}

function* unpack(packed: string): Generator<string> {
  const bytes = Buffer.from(packed, 'base64')
  for (let at = 0; at < bytes.length; at += kept) yield bytes.toString('latin1', at, at + kept)
}
