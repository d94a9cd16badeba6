/** The boundary that a `Content-Type` names (RFC 2046 §5.1.1). */

/** A token, or quoted: in both ways without what some readers cut it at. */
const parameter = /^boundary=(?:([A-Za-z0-9'+_.-]{1,70})|"([A-Za-z0-9'()+_,\-./:=?]{1,70})")$/
const charset = /^charset="?utf-8"?$/i

/** The boundary, its case kept; undefined where there is none, or more is said than that and the charset. */
export function readBoundary(header: string): string | undefined {
  const [, ...parameters] = header.split(';').map((part) => part.trim())
  const [boundary, ...others] = parameters.toSorted((a, b) => Number(charset.test(a)) - Number(charset.test(b)))
  const found = parameter.exec(boundary ?? '')
  return others.every((other) => charset.test(other)) ? (found?.[1] ?? found?.[2]) : undefined
}
