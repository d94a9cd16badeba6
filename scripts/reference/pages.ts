/** The reference: path → text of every page, made from the schemas, rules, tables and examples of the code itself. */

import { guards } from '../../src/guards/index.ts'
import { handlers } from '../../src/handlers/index.ts'
import { blockPath, kebab } from '../../src/policy/reference-page.ts'
import { blockPage } from './block-page.ts'
import { commandsPage } from './commands-page.ts'
import { denialsPage } from './denials-page.ts'
import { diagnosticsPage } from './diagnostics-page.ts'
import { expressionsPage, inputSchemasPage } from './language-pages.ts'
import { code, link, page, sentence, table } from './markdown.ts'
import { metricsPage } from './metrics-page.ts'
import { sectionPages, sectionTable } from './section-pages.ts'

const blocks = [...guards, ...handlers]

export const pages = (): ReadonlyMap<string, string> =>
  new Map([
    ['docs/reference/README.md', indexPage()],
    ...blocks.map((block) => [blockPath(block.name), blockPage(block)] as const),
    ...sectionPages(),
    ['docs/reference/expressions.md', expressionsPage()],
    ['docs/reference/input-schemas.md', inputSchemasPage()],
    ['docs/reference/diagnostics.md', diagnosticsPage()],
    ['docs/reference/denials.md', denialsPage()],
    ['docs/reference/commands.md', commandsPage()],
    ['docs/reference/metrics.md', metricsPage()],
  ])

const others: Readonly<Record<string, readonly [title: string, holds: string]>> = {
  'expressions.md': ['Values, references, expressions', 'everything that is written `${…}`, durations and sizes'],
  'input-schemas.md': ['Input schemas', 'keywords, formats and transforms'],
  'diagnostics.md': ['Diagnostics', 'every rule of `check`, with an example and how to mend it'],
  'denials.md': ['Denials', 'every refusal: when it comes, and what to do'],
  'commands.md': ['Commands', 'options and exit statuses'],
  'metrics.md': ['Metrics', 'names, labels, and queries worth an alert'],
}

const indexPage = (): string =>
  page(
    '# Reference',
    'Every key, rule, code, command and metric. These pages are made from the code by `npm run generate`. To read front to back, take [the policy language](../policy-language.md) and [what a client sees](../http.md).',
    '## Sections',
    sectionTable(),
    '## Blocks',
    'Guards, outermost first:',
    blockTable(guards),
    'Destinations, of which a route has exactly one:',
    blockTable(handlers),
    '## More',
    table(
      ['page', 'holds'],
      Object.entries(others).map(([path, [title, holds]]) => [link(title, path), holds]),
    ),
  )

const blockTable = (of: readonly { readonly name: string; readonly summary: string }[]): string =>
  table(
    ['block', 'does'],
    of.map(({ name, summary }) => [link(code(name), `blocks/${kebab(name)}.md`), sentence(summary)]),
  )
