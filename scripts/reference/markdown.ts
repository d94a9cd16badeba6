/** The few pieces of Markdown that pages are made of. */

/** A cell must neither end its row nor its column. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim()

/** Columns that no row fills are left out. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const kept = heading.flatMap((_, column) => (rows.some((row) => row[column]) ? [column] : []))
  const line = (cells: readonly string[]): string =>
    `| ${kept.map((column) => cell(cells[column] ?? '')).join(' | ')} |`
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n')
}

/** A list of what is to be known, each under a word. */
export const facts = (of: readonly (readonly [word: string, text: string])[]): string =>
  of.map(([word, text]) => `- **${word}**: ${text}`).join('\n')

export const code = (text: string): string => `\`${text}\``

export const codes = (texts: readonly string[]): string => texts.map(code).join(', ')

/** Long enough for what stands in it. */
export function fence(language: string, text: string): string {
  const ticks = text.includes('```') ? '````' : '```'
  return `${ticks}${language}\n${text.replace(/\n+$/, '')}\n${ticks}`
}

export const link = (text: string, target: string): string => `[${text}](${target})`

/** A place that keeps its name whatever the heading says. */
export const anchor = (id: string): string => `<a id="${id}"></a>`

/** The anchor that renderers give a heading. */
export const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')

export const sentence = (text: string): string => (/[.:]$/.test(text) ? text : `${text}.`)

/** Paragraphs, those that are empty left out. */
export const page = (...parts: readonly (string | undefined)[]): string =>
  `${parts.filter((part) => part !== undefined && part !== '').join('\n\n')}\n`
