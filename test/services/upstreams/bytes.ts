/** Bytes of every value, which show where one is lost, doubled or moved. */
export function everyByte(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; at++) bytes[at] = (at + (at >> 8) * 3 + (at >> 16) * 5) & 0xff
  return bytes
}
