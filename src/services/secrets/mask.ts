/** The last line of defence of secrets: what a log or a crash writes has their names in place of their texts. */

/** A shorter text stands in ordinary words: to cover it would spoil the log, and guessing it takes no log. */
const shortest = 6
/** A line of a longer text, such as a key in PEM, is covered by itself. */
const shortestLine = 16
/** Each costs a little on every line of the log; a key of 4096 bits has 51. */
const mostLines = 64
/** Those that came first are forgotten first: rotated secrets are no longer worth anything. */
const most = 2_000

/** Text → name. */
const known = new Map<string, string>()
let cover: ((line: string) => string) | undefined

/** Has a text covered from here on, in whatever spelling it is likely to be printed. */
export function coverText(text: string, name: string): void {
  for (const spelling of spellingsOf(text)) {
    if (known.has(spelling)) continue
    known.set(spelling, name)
    cover = undefined
  }
  for (const oldest of known.keys()) {
    if (known.size <= most) break
    known.delete(oldest)
  }
}

/** `line` with the names of secrets in place of the secrets. */
export function maskSecrets(line: string): string {
  cover ??= compile()
  return cover(line)
}

/**
 * Nearly all lines hold none, which how the texts begin tells fast; an expression of them as a whole may be too large to be
 * one. The longest is covered first: a secret may be the beginning of another.
 */
function compile(): (line: string) => string {
  const texts = [...known.keys()].sort((a, b) => b.length - a.length)
  if (texts.length === 0) return (line) => line
  const beginnings = new Set(texts.map((text) => quote(text.slice(0, shortest))))
  const pattern = new RegExp([...beginnings].join('|'))
  return (line) => (pattern.test(line) ? texts.reduce(coverOne, line) : line)
}

const coverOne = (line: string, text: string): string =>
  line.includes(text) ? line.replaceAll(text, () => `[secret ${known.get(text)}]`) : line

const quote = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** As it is, as JSON writes it, also inside of JSON, as a URL does, what `base64:` stands before, and line by line. */
function spellingsOf(text: string): ReadonlySet<string> {
  const wholes = [text, text.replace(/^base64:/, '')].filter((each) => each.trim().length >= shortest)
  const spellings = wholes.flatMap((each) => [each, escaped(each), escaped(escaped(each)), encoded(each)])
  return new Set([...spellings, ...linesOf(text)])
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1)
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed())

function linesOf(text: string): readonly string[] {
  const lines = text.includes('\n') ? text.split(/\r?\n/) : []
  return lines.filter((line) => line.length >= shortestLine && !line.startsWith('-----')).slice(0, mostLines)
}
