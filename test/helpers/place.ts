/** Places in a text, for properties. */

import fc from 'fast-check'

/** From 0 up to, not including, 1; nearly all of what `fc.double` makes there is next to 0. */
export const place = fc.nat(9_999).map((number) => number / 10_000)
