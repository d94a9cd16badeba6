/** Who may not log in gets the same bytes, whatever the reason: nobody learns which accounts there are. */

import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import test from 'ava'
import type { Gate } from '../helpers/gate.ts'
import { addAccount, logIn, openSite, password, username } from './shop.ts'

/** The whole answer but its id, its time, and what its route counts of everybody. */
async function bytesOf({ port }: Gate, attempt: { readonly username: string; readonly password: string }) {
  const body = JSON.stringify(attempt)
  const head = `POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n`
  const socket = connect(port, '127.0.0.1')
  socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  const answer = await text(socket)
  return answer.replaceAll(/[0-9a-f]{32}/g, 'ID').replaceAll(/^(Date|RateLimit|X-RateLimit-\w+): .*/gm, '$1')
}

test('unknown, wrong, disabled, of no shape: the answer is the same to the byte', async (t) => {
  t.timeout(120_000)
  const { gate, file } = await openSite(t)
  await addAccount({ database: `sqlite:${file}` }, 'mallory', { isDisabled: true })
  const wrong = 'wrong wrong wrong wrong'
  const answers = [
    await bytesOf(gate, { username: 'nobody', password }),
    await bytesOf(gate, { username, password: wrong }),
    await bytesOf(gate, { username: 'mallory', password }),
    await bytesOf(gate, { username: 'mallory', password: wrong }),
    await bytesOf(gate, { username, password: 'x'.repeat(100) }),
    await bytesOf(gate, { username: '\0', password }),
  ]
  t.regex(answers[0] ?? '', /^HTTP\/1\.1 401 /)
  t.regex(answers[0] ?? '', /"code":"credentials_invalid"/)
  t.is(new Set(answers).size, 1, answers.join('\n\n'))
  t.is((await logIn(gate)).status, 200)
})

test('a locked account is answered as a locked name that nobody has, its right password too', async (t) => {
  const { gate } = await openSite(t)
  for (const name of [username, 'nobody'])
    for (let tries = 0; tries < 5; tries++) await bytesOf(gate, { username: name, password: 'x'.repeat(100) })
  const answers = [
    await bytesOf(gate, { username, password }),
    await bytesOf(gate, { username: 'nobody', password }),
    await bytesOf(gate, { username, password: 'x'.repeat(100) }),
  ]
  t.regex(answers[0] ?? '', /^HTTP\/1\.1 423 /)
  t.is(new Set(answers).size, 1, answers.join('\n\n'))
})
