/** Bytes as text that people can read and edit: escapes for what is not printable, names for credentials. */

import { tokens } from './credentials.ts'
import type { Accounts } from './model/authenticate.ts'

/** `\r`, `\n`, `\xHH` and `\\`; line breaks of the text itself say nothing. */
export const escapeBytes = (text: string): string =>
  text
    .replace(/[\\\x00-\x1f\x7f-\xff]/g, (char) => {
      if (char === '\r') return '\\r'
      if (char === '\n') return '\\n'
      return char === '\\' ? '\\\\' : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
    })
    .replaceAll('\\r\\n', '\\r\\n\n')

export const unescapeBytes = (text: string): string =>
  text.replace(/\r?\n/g, '').replace(/\\(r|n|x[0-9a-f]{2}|\\)/gi, (_, code: string) => {
    if (code === 'r') return '\r'
    if (code === 'n') return '\n'
    return code === '\\' ? code : String.fromCharCode(Number.parseInt(code.slice(1), 16))
  })

/** Puts credentials in place of their names, `{{token:3}}`, `{{apiKey}}` and `{{session}}`. */
export const fillIn = (text: string, { apiKey, session }: Accounts): string =>
  text
    .replaceAll('{{apiKey}}', apiKey.text)
    .replaceAll('{{session}}', session.text)
    .replace(/\{\{token:(\d{1,3})\}\}/g, (name, index: string) => tokens[Number(index)]?.text ?? name)

/** Puts names in place of credentials. */
export function nameThem(text: string, { apiKey, session }: Accounts): string {
  const named = text.replaceAll(apiKey.text, '{{apiKey}}').replaceAll(session.text, '{{session}}')
  return tokens.reduce(
    (all, token, index) => (token.text.length > 20 ? all.replaceAll(token.text, `{{token:${index}}}`) : all),
    named,
  )
}
