/** What a header field may be called and may hold (RFC 9110 §5), stricter than what parsers let through. */

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/
const visible = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/

/** Whether a text is a field name: a token (RFC 9110 §5.6.2). */
export const isFieldName = (text: string): boolean => token.test(text)

/** Whether a text is a field value of printable ASCII: no control characters, no space at either end, not empty. */
export const isFieldValue = (text: string): boolean => visible.test(text)
