/** What holds for the fields of every form, whichever spelling it comes in. */

import type { Texts } from './parameters.ts'

/** In bytes: common readers cut what is longer, and it would be another name. */
export const longestName = 100

export const isTooLong = (name: string): boolean => Buffer.byteLength(name) > longestName

/** Whether some readers would decode the fields otherwise, by the field that says how (HTML, RFC 7578 §4.6). */
export const isOtherCharset = ({ _charset_: charset = [] }: Texts): boolean =>
  [charset].flat().some((text) => text.toLowerCase() !== 'utf-8')
