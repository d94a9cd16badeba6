/**
 * Answers requests while eight at a time log in, without end; prints its port, then what the event loop was kept from,
 * as JSON. Arguments: where it hashes (`threads`, `loop`, `nowhere`), and for how many seconds.
 */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { compare } from 'bcryptjs'
import { Password, readPassword } from '../../../src/services/accounts/passwords/password.ts'
import { PasswordHasher } from '../../../src/services/accounts/passwords/password-hasher.ts'
import { systemClock } from '../../../src/services/clock.ts'

export interface Stall {
  /** Milliseconds. */
  readonly p999: number
  readonly longest: number
  /** A second. */
  readonly logins: number
}

const [where, seconds] = process.argv.slice(2)
const atOnce = 8
const resolution = 1

const text = 'correct horse battery staple'
const password = readPassword(text)
if (!(password instanceof Password)) throw new Error(password)
const hasher = new PasswordHasher({ clock: systemClock })
const hash = await hasher.hash(password)

const login = async (): Promise<boolean> =>
  where === 'loop' ? compare(text, hash) : (await hasher.verify(password, hash)).matches

const server = createServer((_, res) => res.end('{"id":7}')).listen(0, '127.0.0.1')
await once(server, 'listening')

const end = performance.now() + Number(seconds) * 1000
let logins = 0
async function logInWithoutEnd(): Promise<void> {
  while (performance.now() < end) {
    if (!(await login())) throw new Error('a right password does not match')
    logins++
  }
}

process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
const delay = monitorEventLoopDelay({ resolution })
delay.enable()
if (where === 'nowhere') await new Promise((over) => setTimeout(over, Number(seconds) * 1000))
else await Promise.all(Array.from({ length: atOnce }, logInWithoutEnd))
delay.disable()

/** The histogram holds the time from one look to the next. */
const beyond = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution)
const stall: Stall = {
  p999: beyond(delay.percentile(99.9)),
  longest: beyond(delay.max),
  logins: logins / Number(seconds),
}
process.stdout.write(JSON.stringify(stall))
server.closeAllConnections()
server.close()
await hasher.close()
