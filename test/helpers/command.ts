/** The command line in a process of its own, as people run it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { emptyFolder } from './gate.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Options {
  /** An empty folder unless told. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** What is on standard input; nothing unless told. */
  readonly input?: string
}

/** Runs a command to its end. */
export async function runCommand(args: readonly string[], options: Options = {}): Promise<Ended> {
  const child = start(args, options)
  // It may end without reading all of it.
  child.stdin?.on('error', () => {}).end(options.input)
  const output = collect(child)
  const [code] = await once(child, 'close')
  return { code, ...output() }
}

export interface Served {
  readonly url: string
  readonly child: ChildProcess
  /** What it has logged so far, line by line. */
  logged(): readonly Readonly<Record<string, unknown>>[]
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ended>
}

/** Starts `serve` on a free port and waits until it says where it listens. */
export async function serveCommand(args: readonly string[], options: Options = {}): Promise<Served> {
  const child = start(['serve', ...args, '--port', '0'], options)
  const output = collect(child)
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const found = /"url":"([^"]+)"/.exec(output().stdout)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('close', (code) => reject(new Error(`serve ended with ${code}: ${output().stderr}`)))
  })
  const end = async (signal: NodeJS.Signals): Promise<Ended> => {
    const closed = once(child, 'close')
    child.kill(signal)
    const [code] = await closed
    return { code, ...output() }
  }
  const logged = () =>
    output()
      .stdout.split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  return { url, child, logged, end }
}

const start = (args: readonly string[], { cwd = emptyFolder(), env, input }: Options): ChildProcess =>
  spawn(process.execPath, [main, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })

function collect(child: ChildProcess): () => { readonly stdout: string; readonly stderr: string } {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  return () => ({ stdout, stderr })
}
