/** Takes down what the processes say for whose end a test waits without a turn of the event loop, and what they are given. */

import type { TestRecord } from './record.ts'
import { isAsked, isNode, nameOf, noteEnvironment, noteLines } from './watch-processes.ts'

interface Options {
  readonly args: readonly string[]
  readonly envPairs: readonly string[]
  readonly stdio: readonly { readonly input?: unknown }[]
}

/** Of file descriptors 0, 1 and 2; nothing of a program that does not exist. */
interface Result {
  readonly output?: readonly unknown[]
}

/**
 * `spawnSync`, `execFileSync` and `execSync` all come through this one door of Node, which alone has the standard error
 * of a process that goes well.
 */
interface Door {
  spawn(options: Options): Result
}

export function watchSyncProcesses(record: TestRecord): void {
  const door = (process as unknown as { binding(name: 'spawn_sync'): Door }).binding('spawn_sync')
  const { spawn } = door
  door.spawn = (options) => {
    noteEnvironment(record, options.envPairs)
    const result = Reflect.apply(spawn, door, [options])
    if (isNode(options.args)) noteRun(record, options, result)
    return result
  }
}

function noteRun(record: TestRecord, { args, stdio }: Options, { output = [] }: Result): void {
  const name = nameOf(args)
  for (const [index, stream] of ['stdout', 'stderr'].entries()) record.output(`${name}.${stream}`)(output[index + 1])
  if (isAsked(args)) noteLines(record, stdio[0]?.input)
}
