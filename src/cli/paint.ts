/** Colour, only on a terminal that wants it (https://no-color.org). */

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const

type Colour = keyof typeof codes
export type Paint = (colour: Colour, text: string) => string

/** Paints for one stream. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const plain = !stream.isTTY || Boolean(process.env.NO_COLOR) || process.env.TERM === 'dumb'
  return plain ? (_, text) => text : (colour, text) => `\x1b[${codes[colour]}m${text}\x1b[0m`
}
