/** Takes down what the processes say that tests start, and the secrets that they are given. */

import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { basename } from 'node:path'
import type { Duplex } from 'node:stream'
import type { TestRecord } from './record.ts'

interface Spawned {
  readonly process: ChildProcess
  readonly options: { readonly args: readonly string[]; readonly envPairs: readonly string[] }
}

/** Of the environment; a path that holds a secret is none. */
const secretName = /secret|password|(?:_|^)key|token/i

/** What its own process is asked to do is no secret of the product: a browser's, a shell's, a database's. */
export const isNode = (args: readonly string[]): boolean =>
  basename(args[0] ?? '').startsWith('node') || args.includes(process.execPath)

export function watchProcesses(record: TestRecord): void {
  subscribe('tracing:child_process.spawn:start', (message) => {
    const { process: child, options } = message as Spawned
    noteEnvironment(record, options.envPairs)
    if (isNode(options.args)) tap(record, child, options.args)
  })
}

/** What this process or one that it starts is given in its environment. */
export function noteEnvironment(record: TestRecord, pairs: readonly string[]): void {
  for (const pair of pairs) {
    const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
    if (!secretName.test(name) || value.startsWith('/')) continue
    record.secret(`environment ${name}`, value)
    if (value.startsWith('base64:')) record.secret(`environment ${name}`, Buffer.from(value.slice(7), 'base64'))
  }
}

/** Passwords alone are read from standard input, but for the heads of a log, and what an editor says to a language server. */
export const isAsked = (args: readonly string[]): boolean => !args.includes('audit') && !args.includes('--stdio')

function tap(record: TestRecord, child: ChildProcess, args: readonly string[]): void {
  const name = nameOf(args)
  for (const stream of ['stdout', 'stderr'] as const)
    onceSet(child, stream, (from) => before(from, 'push', record.output(`${name}.${stream}`)))
  if (!isAsked(args)) return
  onceSet(child, 'stdin', (to) => {
    for (const method of ['write', 'end'] as const) before(to, method, (chunk) => noteLines(record, chunk))
  })
}

/** By which places are allowed. */
export const nameOf = (args: readonly string[]): string =>
  args
    .slice(1, 4)
    .map((arg) => basename(arg))
    .join('_')
    .slice(0, 80)

/** Whoever starts a process may write to it at once: its pipes are met when they are set. */
function onceSet(child: ChildProcess, name: 'stdin' | 'stdout' | 'stderr', meet: (stream: Duplex) => void): void {
  const property = { configurable: true, enumerable: true }
  const set = (value: Duplex | null | undefined) => {
    Object.defineProperty(child, name, { ...property, writable: true, value })
    if (value) meet(value)
  }
  Object.defineProperty(child, name, { ...property, set })
}

/** Lines typed into a command. */
export function noteLines(record: TestRecord, chunk: unknown): void {
  if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return
  for (const line of Buffer.from(chunk).toString().split('\n')) record.secret('standard input', line)
}

/** Has a function see the first argument of a method of this one object before the method does. */
export function before<K extends string>(
  target: Record<K, (...args: never[]) => unknown> | Duplex,
  method: K,
  see: (first: unknown) => void,
): void {
  const methods = target as Record<K, (...args: readonly unknown[]) => unknown>
  const own = methods[method]
  methods[method] = (...args) => {
    see(args[0])
    return Reflect.apply(own, target, args)
  }
}
