/** TypeScript types as text, joined so that they mean what they say. */

/** The text of a type, and whether it needs brackets where it stands beside others. */
export interface TypeText {
  readonly text: string
  readonly joint?: '|' | '&'
}

export const type = (text: string): TypeText => ({ text })

const bracketed = ({ text, joint }: TypeText): string => (joint === undefined ? text : `(${text})`)
const distinct = (types: readonly TypeText[]): readonly TypeText[] => [
  ...new Map(types.map((each) => [each.text, each])).values(),
]

/** One of several. */
export function either(types: readonly TypeText[]): TypeText {
  const all = distinct(types)
  const [first = type('never'), second] = all
  if (all.some(({ text }) => text === 'unknown')) return type('unknown')
  if (second === undefined) return first
  return { text: all.map((each) => (each.joint === '&' ? bracketed(each) : each.text)).join(' | '), joint: '|' }
}

/** All of several. */
export function both(types: readonly TypeText[]): TypeText {
  const all = distinct(types).filter(({ text }) => text !== 'unknown')
  const [first = type('unknown'), second] = all
  if (second === undefined) return first
  return { text: all.map((each) => (each.joint === '|' ? bracketed(each) : each.text)).join(' & '), joint: '&' }
}

/** The text of a type where a suffix follows it. */
export const closed = ({ text, joint }: TypeText): string =>
  joint === undefined && !text.startsWith('readonly ') ? text : `(${text})`

export const listOf = (item: TypeText): TypeText => type(`readonly ${closed(item)}[]`)

const indent = (text: string): string => text.replaceAll('\n', '\n  ')

/** The members of an object, each with its comment, one a line. */
export const membersOf = (members: readonly string[]): TypeText =>
  type(
    members.length === 0 ? 'Record<never, never>' : `{\n${members.map((member) => `  ${indent(member)}\n`).join('')}}`,
  )

const identifier = /^[A-Za-z_$][A-Za-z0-9_$]*$/

/** A text in single quotes, on one line. */
export const quote = (text: string): string =>
  `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')}'`

/** The name of a member. `__proto__` in quotes would set the prototype of a value, and of a type is a member like others. */
export const nameOf = (name: string): string => (identifier.test(name) ? name : quote(name))

/** A comment that ends where it should, whatever the text. */
export function comment(text: string | undefined): string {
  const lines = (text ?? '')
    .toWellFormed()
    .replaceAll('*/', '*\\/')
    .split(/[\r\n\u2028\u2029]+/)
    .map((line) => line.replace(/\p{Cc}/gu, ' ').trim())
    .filter(Boolean)
  if (lines.length === 0) return ''
  return lines.length === 1 ? `/** ${lines[0]} */\n` : `/**\n${lines.map((line) => ` * ${line}\n`).join('')} */\n`
}
