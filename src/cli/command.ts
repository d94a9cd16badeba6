/** The one shape of a command, and how its arguments are read. */

import { type ParseArgsConfig, parseArgs } from 'node:util'
import { suggest } from '../core/suggest.ts'
import type { Entry } from './commands.ts'

type Options = NonNullable<ParseArgsConfig['options']>

interface Option {
  readonly type: 'string' | 'boolean'
  /** What stands for the value in the help: `FILE`. */
  readonly value?: string
  /** May be given more than once. */
  readonly multiple?: boolean
  readonly description: string
}

export interface Command {
  /** What stands before the flags, in order: `[policy-dir]` unless told; in brackets what may be left out. */
  readonly operands?: readonly string[]
  /** What is said of more operands than these, which are quoted nowhere. */
  readonly excess?: string
  readonly example: string
  readonly options: Readonly<Record<string, Option>>
  /** Exit status → when it ends with it, those of `main` for refused policies and wrong usage included. */
  readonly exits: Readonly<Record<number, string>>
  /** The exit status; errors go through `main`. */
  run(call: Call): Promise<number>
}

/** What one flag was given. */
export type Flag = string | boolean | readonly string[] | undefined

/** A command's arguments, read. */
export interface Call {
  /** As many as were given, never more than the command names. */
  readonly operands: readonly string[]
  /** The operand `[policy-dir]`; `policies` unless told. */
  readonly directory: string
  readonly flags: Readonly<Record<string, Flag>>
}

/** Keeps a command's type. */
export const defineCommand = (command: Command): Command => command

/** A call that cannot be understood; ends with status 2. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault'
}

const policyDirectory = '[policy-dir]'
/** What a command reads before its flags. */
export const operandsOf = ({ operands = [policyDirectory] }: Command): readonly string[] => operands

/** Reads operands and flags. */
export function readCall(command: Command, args: readonly string[]): Call {
  const options: Options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
  )
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    return { ...readOperands(command, positionals), flags: values as Call['flags'] }
  } catch (error) {
    throw error instanceof UsageFault ? error : explain(error as NodeJS.ErrnoException, command)
  }
}

function readOperands(command: Command, given: readonly string[]): Omit<Call, 'flags'> {
  const known = operandsOf(command)
  if (given.length > known.length && command.excess !== undefined) throw new UsageFault(command.excess)
  const missing = known[given.length]
  if (given.length > known.length || (missing !== undefined && !missing.startsWith('[')))
    throw new UsageFault(
      `expected ${known.length > 0 ? `\`${known.join(' ')}\`` : 'no operand'}, got ${given.length > 0 ? `\`${given.join(' ')}\`` : 'none'}`,
    )
  return { operands: given, directory: given[known.indexOf(policyDirectory)] ?? 'policies' }
}

/** What Node says of wrong arguments, in our words. */
function explain({ code, message }: NodeJS.ErrnoException, command: Command): UsageFault {
  const { options, excess } = command
  const [sentence = 'wrong arguments'] = message.split(/\.\s/)
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
    return new UsageFault(sentence.charAt(0).toLowerCase() + sentence.slice(1))
  const name = /'--?([^']*)'/.exec(sentence)?.[1] ?? ''
  if (excess !== undefined && /^pass/i.test(name)) return new UsageFault(excess)
  if (name === 'policies' && operandsOf(command).includes(policyDirectory))
    return new UsageFault('no option is named `--policies`: write the directory alone, without it')
  const near = suggest(name, Object.keys(options))
  return new UsageFault(`no option is named \`--${name}\`${near ? `; did you mean \`--${near}\`?` : ''}`)
}

/** The value of a text flag. */
export const text = (value: Flag): string | undefined => (typeof value === 'string' ? value : undefined)

/** The help of one command. */
export function helpOf({ name, summary }: Entry, command: Command): string {
  const { example, options, exits } = command
  const flags = Object.entries(options).map(([flag, { value, description }]) => {
    const left = `--${flag}${value ? ` ${value}` : ''}`
    return `  ${left.padEnd(20)} ${description}`
  })
  return [
    `portcullis ${[name, ...operandsOf(command)].join(' ')}  ${summary}`,
    '',
    ...flags,
    `  ${'--help'.padEnd(20)} Shows this.`,
    '',
    'Exit status:',
    ...Object.entries(exits).map(([status, when]) => `  ${status}  ${when}`),
    '',
    'Example:',
    `  ${example}`,
    '',
  ].join('\n')
}
