/** What a header field may be called and may hold (RFC 9110 §5), stricter than what parsers let through. */

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/
/** As HTTP carries them: no line end, which would make two fields of one. */
const carried = /^[\t\x20-\x7e\x80-\xff]*$/
const visible = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/

/** Whether a text is a field name: a token (RFC 9110 §5.6.2). */
export const isFieldName = (text: string): boolean => token.test(text)

/** Whether a text is a field value of printable ASCII: no control characters, no space at either end, not empty. */
export const isFieldValue = (text: string): boolean => visible.test(text)

/** A field and its line end; its name is sound. Throws a `TypeError` on a value that no field can have. */
export function fieldLine(name: string, value: string): string {
  if (!carried.test(value)) throw new TypeError(`the value of \`${name}\` is none that a header can have`)
  return `${name}: ${value}\r\n`
}
