/** What a terminal shows, as a picture: text with SGR colours in, SVG out. */

const lineHeight = 20
const columnWidth = 8.4
const margin = 20
const barHeight = 34

const colours: Readonly<Record<string, string>> = {
  '1': 'font-weight="bold" fill="#f0f6fc"',
  '2': 'fill="#8b949e"',
  '31': 'fill="#ff7b72"',
  '32': 'fill="#7ee787"',
  '33': 'fill="#e3b341"',
  '34': 'fill="#79c0ff"',
  '36': 'fill="#76e3ea"',
}

export interface Terminal {
  /** For those who do not see the picture. */
  readonly title: string
  /** Text with SGR sequences (ECMA-48 §8.3.117), and no others. */
  readonly screen: string
}

/** A dark terminal. Each line is one text at its place, so that it can be read and searched. */
export function terminalSvg({ title, screen }: Terminal): string {
  const lines = screen.trimEnd().split('\n')
  const columns = Math.max(...lines.map((line) => withoutColours(line).length))
  const width = Math.ceil(columns * columnWidth + 2 * margin)
  const height = barHeight + lines.length * lineHeight + margin
  const texts = lines.map((line, row) => textOf(line, barHeight + (row + 1) * lineHeight - 5))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escapeXml(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
<circle cx="20" cy="18" r="6" fill="#ff5f56"/><circle cx="40" cy="18" r="6" fill="#ffbd2e"/><circle cx="60" cy="18" r="6" fill="#27c93f"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#c9d1d9">
${texts.join('\n')}
</g>
</svg>
`
}

/** `textLength` keeps the columns, whatever font the reader has. */
function textOf(line: string, y: number): string {
  const { length } = withoutColours(line)
  if (length === 0) return `<text y="${y}"></text>`
  const fit = `textLength="${(length * columnWidth).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`
  return `<text x="${margin}" y="${y}" xml:space="preserve" ${fit}>${paintedRuns(line).join('')}</text>`
}

function paintedRuns(line: string): readonly string[] {
  const [plain = '', ...painted] = line.split('\x1b[')
  const runs = painted.map((part) => {
    const [code = '', text = ''] = part.split(/m(.*)/s)
    const colour = colours[code]
    return colour === undefined ? escapeXml(text) : `<tspan ${colour}>${escapeXml(text)}</tspan>`
  })
  return [escapeXml(plain), ...runs]
}

const withoutColours = (line: string): string =>
  line
    .split('\x1b[')
    .map((part, index) => (index === 0 ? part : part.replace(/^\d*m/, '')))
    .join('')

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The text that such a picture shows. */
export const textOfSvg = (svg: string): string =>
  Array.from(svg.matchAll(/<text [^>]*>(.*?)<\/text>/g), ([, line = '']) =>
    line
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&'),
  ).join('\n')
