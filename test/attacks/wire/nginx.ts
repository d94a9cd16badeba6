/** nginx as people put it in front of the gate, and what it understood of what it was sent. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../helpers/free-port.ts'
import { RawClient } from '../../helpers/raw.ts'
import { until } from '../../helpers/until.ts'

/** A line of its access log; bytes are Latin-1, and what there is none of is empty. */
export interface Logged {
  readonly id: string
  readonly method: string
  /** The path, decoded and with dot segments resolved. */
  readonly uri: string
  readonly query: string
  /** In lower case, without a port. */
  readonly host: string
  /** Where it was read before anything was passed on. */
  readonly body: string
  readonly status: string
  /** Of the gate's answer; empty where it was not asked. */
  readonly up: string
  /** Whose answer it got. */
  readonly answered: string
  readonly line: string
}

export interface Nginx {
  /** Passes bodies on when they are whole. */
  readonly buffered: number
  /** Passes them on as they come. */
  readonly streamed: number
  /** Lets what runs end, ends, and reads the log. */
  end(): Promise<readonly Logged[]>
  kill(): Promise<void>
}

const template = new URL('nginx.conf', import.meta.url)

export async function startNginx(gate: number): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-nginx-'))
  const [buffered, streamed] = [await freePort(), await freePort()]
  const config = readFileSync(template, 'utf8')
    .replaceAll('FOLDER', folder)
    .replace('GATE', String(gate))
    .replace('BUFFERED', String(buffered))
    .replace('STREAMED', String(streamed))
  writeFileSync(join(folder, 'nginx.conf'), config)
  const child = spawn('nginx', ['-e', 'stderr', '-c', join(folder, 'nginx.conf')], { stdio: 'inherit' })
  const ended = once(child, 'exit')
  const isGone = () => child.exitCode !== null || child.signalCode !== null
  const stop = async (signal: NodeJS.Signals) => {
    if (!isGone()) child.kill(signal)
    await ended
  }
  await until(async () => isGone() || (await isOpen(streamed)))
  if (isGone()) throw new Error('nginx did not start')
  return {
    buffered,
    streamed,
    async end() {
      await stop('SIGQUIT')
      return readLog(join(folder, 'access.log'))
    },
    async kill() {
      await stop('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const isOpen = (port: number): Promise<boolean> =>
  RawClient.connect(port).then(
    ({ socket }) => Boolean(socket.destroy()),
    () => false,
  )

const readLog = (file: string): readonly Logged[] =>
  readFileSync(file, 'latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
