/** Why a connection failed, in words that end a sentence. */

/** Node leaves the message empty where several addresses were tried. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  return message || (code ?? 'unknown error')
}
