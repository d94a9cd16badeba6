/** Every command: how it is called, its options, how it ends. */

import { type Command, operandsOf } from '../../src/cli/command.ts'
import { commands, type Entry } from '../../src/cli/commands.ts'
import { code, fence, link, page, table } from './markdown.ts'

const loaded: readonly (readonly [Entry, Command])[] = await Promise.all(
  commands.map(async (entry) => [entry, await entry.load()] as const),
)

const lead = `\`portcullis <command>\`; the policy directory is \`policies\` unless told. In a checkout, \`npm run --silent portcullis -- <command>\` is the
same. Results are written to stdout; what went wrong, to stderr. Colour only on a terminal, and never where \`NO_COLOR\` is set. \`check\` in CI has [a page of its own](../ci.md).`

export const commandsPage = (): string =>
  page(
    '# Commands',
    lead,
    table(
      ['command', 'does'],
      loaded.map(([{ name, summary }]) => [link(code(name), `#${name}`), summary]),
    ),
    ...loaded.map(([entry, command]) => describe(entry, command)),
  )

function describe({ name, summary }: Entry, command: Command): string {
  const options = Object.entries(command.options).map(([flag, { value, description }]) => [
    code(`--${flag}${value === undefined ? '' : ` ${value}`}`),
    description,
  ])
  return page(
    `## ${name}`,
    `${code(['portcullis', name, ...operandsOf(command)].join(' '))}: ${summary}.`,
    fence('sh', command.example),
    options.length === 0 ? '' : table(['option', 'means'], options),
    table(
      ['exit status', 'when'],
      Object.entries(command.exits).map(([status, when]) => [status, when]),
    ),
  ).trimEnd()
}
