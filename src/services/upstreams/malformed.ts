/** Bytes that are no answer of HTTP/1.1, or could be read in more than one way. */
export class MalformedAnswer extends Error {
  override readonly name = 'MalformedAnswer'
}
