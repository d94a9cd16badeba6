/** The last line of defence of secrets: what a log or a crash writes has their names in place of their texts. */

/** A shorter text stands in ordinary words: to cover it would spoil the log, and guessing it takes no log. */
const shortest = 6
/** A line of a longer text, such as a key in PEM, is covered by itself. */
const shortestLine = 16
/** Those that came first are forgotten first: rotated secrets are no longer worth anything. */
const most = 2_000

/** Text → name. */
const known = new Map<string, string>()
let pattern: RegExp | undefined

/** Has a text covered from here on, in whatever spelling it is likely to be printed. */
export function coverText(text: string, name: string): void {
  for (const spelling of spellingsOf(text)) {
    if (known.has(spelling)) continue
    known.set(spelling, name)
    pattern = undefined
  }
  for (const oldest of known.keys()) {
    if (known.size <= most) break
    known.delete(oldest)
  }
}

/** `text` with the names of secrets in place of the secrets. */
export function maskSecrets(text: string): string {
  if (known.size === 0) return text
  pattern ??= compile()
  return text.replace(pattern, (found) => `[secret ${known.get(found)}]`)
}

/** As it is, as JSON writes it, also inside of JSON, as a URL does, and what `base64:` stands before. */
function spellingsOf(text: string): ReadonlySet<string> {
  const lines = text.split(/\r?\n/).filter((line) => line.length >= shortestLine && !line.startsWith('-----'))
  const bare = text.replace(/^base64:/, '')
  const texts = [text, bare, ...lines].filter((each) => each.trim().length >= shortest)
  return new Set(
    texts.flatMap((each) => [each, escaped(each), escaped(escaped(each)), encodeURIComponent(each.toWellFormed())]),
  )
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1)

/** The longest first: a secret may be the beginning of another. */
function compile(): RegExp {
  const texts = [...known.keys()].sort((a, b) => b.length - a.length)
  return new RegExp(texts.map((text) => quote(text)).join('|'), 'g')
}

const quote = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
