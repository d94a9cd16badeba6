/** Text of a policy file as a terminal may show it, and how wide it is there. */

/** A tab is one space; control characters, and those that turn the direction of a line (Unicode TR36), are replaced. */
export const printable = (text: string): string =>
  text.replaceAll('\t', ' ').replace(/[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\u{fffd}')

const zero = /^[\p{Mn}\p{Me}\p{Cf}]/u
const wide =
  /^(\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6])/u

/** How many columns it takes: two for East Asian and emoji, none for what is laid over another character. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of new Intl.Segmenter().segment(text))
    width += zero.test(segment) ? 0 : wide.test(segment) ? 2 : 1
  return width
}
