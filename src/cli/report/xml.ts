/** Writes XML 1.0: whatever text comes in, the document stays well-formed. */

type Attributes = Readonly<Record<string, string | number>>

/** An element with escaped attributes; `children` are elements or escaped text. */
export function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`)
  const start = `<${name}${written.join('')}`
  return children.length === 0 ? `${start}/>` : `${start}>${children.join('')}</${name}>`
}

/** Text between tags; `>` as well, for it ends with `]]>` what is no section (XML 1.0 §2.4). */
export const escapeText = (text: string): string =>
  withoutIllegal(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')

/** Parsers turn white space of attributes into spaces unless it is written as references (§3.3.3). */
const escapeAttribute = (text: string): string =>
  escapeText(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')

/** What is no character of XML 1.0 (§2.2) cannot even be written as a reference. */
const withoutIllegal = (text: string): string =>
  text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\u{fffd}')
