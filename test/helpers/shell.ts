/** One shell for many commands, so that what one sets the next can use. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { noteBody } from './witness/note-exchange.ts'
import { record } from './witness/witness.ts'

const endOfCommand = '\x1e'

export class Shell {
  readonly #shell: ChildProcessWithoutNullStreams
  readonly #told: AsyncIterator<string>
  readonly #note = record?.output('shell')

  constructor(cwd: string, env: NodeJS.ProcessEnv = process.env) {
    this.#shell = spawn('bash', [], { cwd, env })
    this.#shell.stderr.resume()
    this.#told = commandOutputs(this.#shell.stdout)
  }

  /** Types a command, and waits for all that it shows. */
  async run(command: string): Promise<string> {
    this.#shell.stdin.write(`{ ${command}\n} 2>&1 </dev/null\nprintf '\\036'\n`)
    const { value, done } = await this.#told.next()
    if (done) throw new Error(`the shell ended in: ${command}`)
    this.#note?.(value)
    if (record) noteBody(record, value)
    return value.replaceAll('\r', '').trim()
  }

  async end(): Promise<void> {
    const closed = once(this.#shell, 'close')
    this.#shell.stdin.end()
    await closed
  }
}

async function* commandOutputs(stdout: AsyncIterable<unknown>): AsyncGenerator<string> {
  let output = ''
  for await (const chunk of stdout) {
    output += chunk
    for (let end = output.indexOf(endOfCommand); end !== -1; end = output.indexOf(endOfCommand)) {
      yield output.slice(0, end)
      output = output.slice(end + 1)
    }
  }
}
