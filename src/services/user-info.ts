/** The user of a URL (RFC 3986 §3.2.1), as people write it who paste a secret in. */

export interface UserInfo {
  readonly username: string | undefined
  readonly password: string | undefined
}

/** `user:password`, `:password`, or a user alone. */
export function readUserInfo(text: string | undefined): UserInfo {
  if (text === undefined) return { username: undefined, password: undefined }
  const colon = text.indexOf(':')
  const [name, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
  return { username: decodePart(name) || undefined, password: decodePart(password) || undefined }
}

/** A secret that nobody has escaped is taken as it stands. */
export function decodePart(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
