/** Structured logs: JSON lines, or readable ones on a terminal; credentials and secrets never get in. */

import { createRequire } from 'node:module'
import { type DestinationStream, type Logger, type LoggerOptions, pino, stdSerializers } from 'pino'
import { maskSecrets } from './secrets/mask.ts'
import { standardOutput } from './standard-output.ts'

const require = createRequire(import.meta.url)

export type Log = Pick<Logger, 'info' | 'warn' | 'error' | 'debug'>
/** A log that can be asked first, where a line costs something to make. */
export type LevelLog = Log & Pick<Logger, 'isLevelEnabled'>

export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

export interface LogOptions {
  /** Readable lines instead of JSON. */
  readonly pretty: boolean
  /** The least that is logged; `info` unless told. */
  readonly level?: LogLevel
  /** Standard output unless told. */
  readonly destination?: DestinationStream
}

const censored = '[redacted]'
const maxDepth = 6

/** Names of what may let someone in, in whatever case and wherever in an object. */
const sensitive = /authorization|cookie|passw|secret|token|credential|api-?_?key|private-?_?key|signature/i

/** Credentials inside of texts: of a header, a JWT, an API key, of a URL's authority. */
const inText: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic|DPoP)\s+[^\s"',;\\]+/gi, `$1 ${censored}`],
  [/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g, censored],
  [/\bpk_live_[0-9A-Za-z]+/g, censored],
  [/(:\/\/)[^\s/@"']+@/g, `$1${censored}@`],
]

/** Logs to standard output; a line that cannot be written (a closed pipe, a full disk) is dropped, never waited for. */
export const createLog = (options: LogOptions): LevelLog =>
  pino(settings(options), options.destination ?? standardOutput())

function settings({ level = 'info', pretty }: LogOptions): LoggerOptions {
  const format = pretty ? readable() : (line: string) => line
  return {
    level,
    base: {},
    serializers: { err: (error: unknown) => redact(error instanceof Error ? stdSerializers.err(error) : error) },
    formatters: { level: (label) => ({ level: label }), log: (fields) => redactMembers(fields, 0) },
    hooks: { streamWrite: (line) => format(scrub(maskSecrets(line))) },
  }
}

/** Its library is loaded only where there are eyes to read it. */
function readable(): (line: string) => string {
  const { prettyFactory } = require('pino-pretty') as typeof import('pino-pretty')
  return prettyFactory({
    colorize: process.stdout.isTTY === true && !process.env.NO_COLOR,
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    ignore: 'requestId,address,method,route,status,milliseconds,code',
  })
}

const scrub = (line: string): string => inText.reduce((text, [pattern, censor]) => text.replace(pattern, censor), line)

function redact(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error || 'toJSON' in value) return value
  if (depth === maxDepth) return '[deep]'
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  return redactMembers(value, depth + 1)
}

/** Most lines have nothing to cover: they are told by one look at all their names. */
function redactMembers(fields: object, depth: number): Record<string, unknown> {
  if (!sensitive.test(Object.keys(fields).join()) && Object.values(fields).every(isScalar))
    return fields as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, sensitive.test(name) ? censored : redact(value, depth)]),
  )
}

const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null
