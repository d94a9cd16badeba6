/** The ways in which logs, records and databases write bytes. */

/** Form → the bytes that are looked for; forms that write the same bytes are one. */
export function formsOf(bytes: Buffer): ReadonlyMap<string, Buffer> {
  const text = bytes.toString()
  const written: Record<string, string | Buffer> = {
    raw: bytes,
    hex: bytes.toString('hex'),
    'upper-case hex': bytes.toString('hex').toUpperCase(),
    'url-encoded': encodeURIComponent(text),
    'form-encoded': new URLSearchParams({ a: text }).toString().slice(2),
    json: JSON.stringify(text).slice(1, -1),
    'utf-16': Buffer.from(text, 'utf16le'),
  }
  for (const shift of [0, 1, 2]) {
    written[`base64 +${shift}`] = inBase64(bytes, shift, 'base64')
    written[`base64url +${shift}`] = inBase64(bytes, shift, 'base64url')
  }
  const forms = new Map<string, readonly [string, Buffer]>()
  for (const [form, each] of Object.entries(written)) {
    const wanted = Buffer.from(each)
    const key = wanted.toString('latin1')
    if (!forms.has(key)) forms.set(key, [form, wanted])
  }
  return new Map(forms.values())
}

/** What stands in the base64 of anything that holds the bytes, so many bytes after a multiple of three. */
function inBase64(bytes: Buffer, shift: number, encoding: 'base64' | 'base64url'): string {
  const whole = Math.floor((shift + bytes.length) / 3) * 3
  const written = Buffer.concat([Buffer.alloc(shift), bytes])
    .subarray(0, whole)
    .toString(encoding)
  return written.slice(shift === 0 ? 0 : 4)
}
