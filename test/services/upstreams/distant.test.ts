/** An upstream in another process, whose answers come within the turn in which what they answer went out. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import test from 'ava'
import { makeCertificates } from '../../helpers/certificates.ts'
import { behindPools } from './serve.ts'

const { ca, local } = makeCertificates()

/** Says its port, and how many connections there were once its input ends. */
const program = `
  let connections = 0
  const answer = 'HTTP/1.1 200 OK\\r\\nKeep-Alive: timeout=60\\r\\nContent-Length: 0\\r\\n\\r\\n'
  const server = require('node:tls').createServer(JSON.parse(process.env.PAIR), (socket) => {
    connections++
    socket.setNoDelay().on('error', () => {}).on('data', () => socket.write(answer))
  })
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
  process.stdin.resume().on('end', () => {
    console.log(connections)
    process.exit()
  })
`

test('one connection of TLS carries all requests that follow one another', async (t) => {
  const env = { ...process.env, PAIR: JSON.stringify(local) }
  const child = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'pipe', 'inherit'], env })
  t.teardown(() => child.kill('SIGKILL'))
  const [port] = await once(child.stdout, 'data')
  const { ask } = behindPools(t, { origin: `https://localhost:${Number(port)}`, ca })
  for (let round = 0; round < 1_000; round++) {
    // Requests of a gate go out at the end of a turn.
    await new Promise((turn) => setImmediate(turn))
    await ask({ method: 'POST', body: Buffer.alloc(1_000) }).whole()
  }
  child.stdin.end()
  const [connections] = await once(child.stdout, 'data')
  t.is(Number(connections), 1)
})
