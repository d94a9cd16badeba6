/** User names and e-mail addresses as they are compared: whoever writes them otherwise means the same account. */

/** UTF-16 units, as written and as compared. */
const maxLength = 256

/** Controls, invisible ones (zero width, direction), private ones, and breaks of lines and paragraphs. */
const unfit = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u

/**
 * Case, width, composition and outer spaces do not count: NFKC, and each letter by way of its capital, so that `ß` is
 * `ss` and a final sigma a sigma. Undefined where no account can be called so.
 */
export function normaliseName(text: string): string | undefined {
  if (text.length > maxLength || unfit.test(text)) return undefined
  const name = text.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC').trim()
  return name === '' || name.length > maxLength ? undefined : name
}
