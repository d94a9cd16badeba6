/** The model's csrf: whose page sent a request that a cookie lets in. */

import { type Asked, headerOf } from './request.ts'

export function sentByOwnPage(asked: Asked, listed: readonly string[]): boolean {
  const origin = headerOf(asked, 'origin')
  const site = headerOf(asked, 'sec-fetch-site')
  if (origin !== undefined && listed.includes(origin)) return true
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const host = (headerOf(asked, 'host') ?? '').toLowerCase()
  return origin === `https://${host}` || origin === `http://${host}`
}
