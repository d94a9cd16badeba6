/** The cookie of a session: its name, and how browsers are told to keep it and to let it go (RFC 6265bis §4.1). */

/**
 * The prefix makes browsers refuse it from a sibling domain, for a part of the paths, or in clear (RFC 6265bis §4.1.3.2):
 * nobody but this host can have set it.
 */
export const sessionCookie = '__Host-session'

/** Out of reach of scripts and of requests in clear; links from elsewhere arrive logged in, forms from elsewhere do not. */
const attributes = 'Path=/; HttpOnly; Secure; SameSite=Lax'

/** The value of `Set-Cookie` that has a browser keep a session for as long as it may last, in milliseconds. */
export const keepSession = (token: string, lifetime: number): string =>
  `${sessionCookie}=${token}; Max-Age=${Math.floor(lifetime / 1_000)}; ${attributes}`

/** The value of `Set-Cookie` that has a browser forget the session that it keeps. */
export const forgetSession = `${sessionCookie}=; Max-Age=0; ${attributes}`

/** What a caller without a session is told to show; there is no registered scheme for cookies. */
export const sessionChallenge = `Cookie cookie-name="${sessionCookie}"`
