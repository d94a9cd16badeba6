/** A header field as it goes up. */

/** What a value may hold (RFC 9110 §5.5); a line end would make two fields of one. */
const fieldText = /^[\t\x20-\x7e\x80-\xff]*$/

/** A field and its line end; its name is sound. Throws a `TypeError` on a value that no field can have. */
export function line(name: string, value: string): string {
  if (!fieldText.test(value)) throw new TypeError(`the value of \`${name}\` is none that a header can have`)
  return `${name}: ${value}\r\n`
}
