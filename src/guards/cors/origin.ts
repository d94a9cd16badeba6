/** Origins as browsers send them (RFC 6454 §6.2), and the one wildcard that a policy may write for many. */

const firstLabel = /^(https?:\/\/)[a-z0-9_-]{1,63}(?=\.)/
/** Scheme, host and port; what no browser sends, lists and `null` included, is no origin. */
const serialised = /^[a-z][a-z0-9+.-]{0,31}:\/\/[a-z0-9._:[\]-]{1,263}$/

/** Whether the text is one origin that could have come from a browser. */
export const isOrigin = (text: string): boolean => serialised.test(text)

/** The entry that would stand for an origin and its siblings: `https://*.shop.example` for `https://a.shop.example`. */
export function wildcardOf(origin: string): string | undefined {
  const [start, scheme] = firstLabel.exec(origin) ?? []
  return start === undefined ? undefined : `${scheme}*${origin.slice(start.length)}`
}

/** One of the origins that a wildcard stands for; an exact origin is its own. */
export const sampleOf = (listed: string): string => listed.replace('://*.', '://any.')

/** Whether an entry stands for more than itself. */
export const isWildcard = (listed: string): boolean => listed.includes('://*.')
