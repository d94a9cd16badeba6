/** Runs the command that was called: one command a file, errors and exit statuses in one place. */

import { inspect } from 'node:util'
import { StartFault } from '../core/start-fault.ts'
import { suggest } from '../core/suggest.ts'
import { PolicyRefused } from '../policy/findings.ts'
import { DirectoryFault } from '../policy/load.ts'
import { maskSecrets } from '../services/secrets/mask.ts'
import { helpOf, readCall, UsageFault } from './command.ts'
import { commands } from './commands.ts'
import { paintFor } from './paint.ts'
import { reportText } from './report/text.ts'

const help = (): string =>
  [
    'portcullis <command>  policies in, an enforcing server out',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`),
    '',
    'portcullis <command> --help shows its options and an example.',
    '',
  ].join('\n')

/** The exit status; whatever goes wrong is told in words. */
export const run = (args: readonly string[]): Promise<number> => call(args).catch(explain)

async function call([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help())
    return name === undefined ? 2 : 0
  }
  const entry = commands.find((candidate) => candidate.name === name)
  if (entry === undefined) throw new UsageFault(unknownCommand(name))
  const command = await entry.load()
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpOf(entry, command))
    return 0
  }
  return command.run(readCall(command, args))
}

function unknownCommand(name: string): string {
  const near = suggest(
    name,
    commands.map((command) => command.name),
  )
  return `no command is named \`${name}\`${near ? `; did you mean \`${near}\`?` : ''}`
}

/** What went wrong in words, and the status it ends with. */
function explain(error: unknown): number {
  const paint = paintFor(process.stderr)
  const write = (text: string): void => void process.stderr.write(maskSecrets(text))
  const say = (text: string): void => write(`portcullis: ${text}\n`)
  if (error instanceof PolicyRefused) {
    write(reportText(error.diagnostics, paint))
    say('the policies have errors; nothing was started')
    return 1
  }
  if (error instanceof StartFault) {
    say(error.message)
    return 3
  }
  if (error instanceof UsageFault || error instanceof DirectoryFault) {
    say(`${error.message}${error instanceof UsageFault ? ' (see `portcullis --help`)' : ''}`)
    return 2
  }
  // As Node would print it.
  write(`${inspect(error)}\n`)
  return 1
}

/** A reader that goes away early, such as `head`, has what it wanted. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
