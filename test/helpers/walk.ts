/** A document for people, walked as a reader does: an empty folder, the published package, one block after another. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { freePort } from './free-port.ts'
import { examplesOf, type Fence, patternOf } from './markdown.ts'
import { emptyProject, installPackage, type Packed, userEnvironment } from './package.ts'
import { Shell } from './shell.ts'

const environment = {
  ...userEnvironment,
  PYTHONUNBUFFERED: '1',
  GIT_AUTHOR_NAME: 'reader',
  GIT_AUTHOR_EMAIL: 'reader@example.org',
  GIT_COMMITTER_NAME: 'reader',
  GIT_COMMITTER_EMAIL: 'reader@example.org',
}

interface Terminal {
  readonly child: ChildProcess
  output: string
}

/**
 * `console` blocks run in one shell, `sh` blocks in terminals of their own, in place of the same command before;
 * a `diff`, and a text whose first line names a file, go there. Other blocks are read.
 */
export class Walk {
  readonly folder = emptyProject()
  /** What did not answer as it is shown. */
  readonly wrong: string[] = []
  readonly #packed: Packed
  readonly #shell = new Shell(this.folder, environment)
  readonly #terminals = new Map<string, Terminal>()
  readonly #ports: ReadonlyMap<string, number>

  private constructor(packed: Packed, ports: ReadonlyMap<string, number>) {
    this.#packed = packed
    this.#ports = ports
  }

  /** `ports` are those that the document writes; each stands for a free one. */
  static async begin(packed: Packed, ports: readonly string[]): Promise<Walk> {
    const free = await Promise.all(ports.map(async (port) => [port, await freePort()] as const))
    return new Walk(packed, new Map(free))
  }

  /** Takes one block. */
  async follow({ language, text }: Fence): Promise<void> {
    if (language === 'console') await this.#runExamples(text)
    else if (language === 'sh') await this.#runInTerminal(text.trim())
    else if (language === 'diff') this.#applyDiff(text)
    else if (nameOf(text) !== undefined) this.#write(nameOf(text) ?? '', this.localise(text))
  }

  /** All that a terminal has shown. */
  outputOf(command: string): string {
    return this.#terminals.get(command)?.output ?? ''
  }

  async end(): Promise<void> {
    for (const { child } of this.#terminals.values()) await interrupt(child)
    await this.#shell.end()
  }

  localise(text: string): string {
    return [...this.#ports].reduce((done, [shown, free]) => done.replaceAll(shown, String(free)), text)
  }

  async #runExamples(text: string): Promise<void> {
    for (const { command, shown } of examplesOf(text)) {
      if (command === 'npm install portcullis') {
        installPackage(this.folder, this.#packed)
        continue
      }
      const answer = this.localise(await this.#shell.run(this.localise(command)))
      if (!patternOf(this.localise(shown)).test(answer)) this.wrong.push(`$ ${command}\n${shown}\n--- but:\n${answer}`)
    }
  }

  /** Runs until it says that it is up. */
  async #runInTerminal(command: string): Promise<void> {
    const before = this.#terminals.get(command)
    if (before !== undefined) await interrupt(before.child)
    const port = /portcullis serve(?!.*--port)/.test(command) ? ' --port 8080' : ''
    const child = spawn('bash', ['-c', this.localise(`exec ${command}${port}`)], {
      cwd: this.folder,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const terminal: Terminal = { child, output: before?.output ?? '' }
    this.#terminals.set(command, terminal)
    await untilUp(terminal, command)
  }

  /** Each hunk's lines without `+` stand in the file once; those without `-` take their place. */
  #applyDiff(diff: string): void {
    const name = nameOf(diff) ?? ''
    let text = readFileSync(join(this.folder, name), 'utf8')
    for (const hunk of this.localise(diff.slice(diff.indexOf('\n') + 1)).split(/^@@\n/m)) {
      const [before, after] = [sideOf(hunk, '+'), sideOf(hunk, '-')]
      if (text.split(before).length !== 2) throw new Error(`expected these lines once in ${name}:\n${before}`)
      text = text.replace(before, () => after)
    }
    this.#write(name, text)
  }

  #write(name: string, text: string): void {
    const file = join(this.folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

/** `# policies/api.yaml` in the first line. */
const nameOf = (text: string): string | undefined => /^(?:#|\/\/) (\S+\.\w+)\n/.exec(text)?.[1]

/** A hunk without the lines of the other side. */
const sideOf = (hunk: string, other: string): string =>
  hunk
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith(other))
    .map((line) => line.slice(1))
    .join('\n')

function untilUp(terminal: Terminal, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const read = (chunk: unknown) => {
      terminal.output += chunk
      if (/ are up\n|listening on|Serving HTTP|Ready to accept connections/.test(terminal.output.slice(before)))
        resolve()
    }
    const before = terminal.output.length
    terminal.child.stdout?.on('data', read)
    terminal.child.stderr?.on('data', read)
    terminal.child.once('close', () => reject(new Error(`\`${command}\` ended: ${terminal.output}`)))
  })
}

/** Ctrl+C, as a terminal sends it: to all that runs in there. */
async function interrupt(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'close')
  process.kill(-(child.pid ?? 0), 'SIGINT')
  await ended
}
