import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { promisify } from 'node:util'
import test from 'ava'
import { findHeads } from '../../../../src/services/audit/note.ts'
import { openPublisher } from '../../../../src/services/audit/publish/publishers.ts'
import { sendToRedis } from '../../../../src/services/audit/publish/redis.ts'
import { Agenda } from '../../../fixtures/tokens/agenda.ts'
import { makeCertificates } from '../../../helpers/certificates.ts'
import { headOf } from '../../../helpers/heads.ts'
import { notedWorld } from '../../../helpers/noted-world.ts'
import { startRedis } from '../../../helpers/redis-server.ts'
import { tlsConfig } from '../../../helpers/redis-tls.ts'
import { until } from '../../../helpers/until.ts'

const run = promisify(execFile)
const redisCli = async (port: number, ...args: readonly string[]): Promise<string> =>
  (await run('redis-cli', ['-p', String(port), '--raw', ...args])).stdout

const never = new AbortController().signal

test('adds heads to a stream, which gives them to the verifier as redis-cli prints it', async (t) => {
  const { port } = await startRedis(t)
  const send = sendToRedis({ url: `redis://127.0.0.1:${port}` })
  await send(headOf(1), never)
  await send(headOf(2), never)
  const printed = await redisCli(port, 'XRANGE', 'portcullis:heads', '-', '+')
  t.deepEqual(
    findHeads(printed).map(({ text }) => text),
    [headOf(1), headOf(2)],
  )
  t.regex(printed, /origin\nportcullis\/audit\/gate-0123abcd\nsize\n1\nnote\n/)
  t.regex(await redisCli(port, 'CLIENT', 'LIST'), /^[^\n]*\n+$/)
})

test('needs no right but to add to its stream', async (t) => {
  const { port } = await startRedis(t, { config: ['user default on >p~ss resetkeys ~heads -@all +xadd'] })
  await sendToRedis({ url: `redis://:p~ss@127.0.0.1:${port}`, stream: 'heads' })(headOf(1), never)
  const elsewhere = sendToRedis({ url: `redis://:p~ss@127.0.0.1:${port}` })(headOf(1), never)
  await t.throwsAsync(elsewhere, { message: /NOPERM/ })
})

test('tells a wrong password, and not the password', async (t) => {
  const { port } = await startRedis(t, { config: ['requirepass right'] })
  const sent = sendToRedis({ url: `redis://:hunter2@127.0.0.1:${port}` })(headOf(1), never)
  const error = await t.throwsAsync(sent, { message: /WRONGPASS/ })
  t.notRegex(String(error?.message), /hunter2/)
})

test('speaks TLS to who is proved by the authority', async (t) => {
  const { ca, local } = makeCertificates()
  const { port } = await startRedis(t, { certificate: local })
  const url = `rediss://localhost:${port}`
  await sendToRedis({ url, ca })(headOf(1), never)
  await t.throwsAsync(sendToRedis({ url })(headOf(2), never), { message: /certificate/ })
  await t.throwsAsync(sendToRedis({ url: `rediss://127.0.0.1:${port}`, ca })(headOf(2), never), { message: /altnames/ })
})

test('shows its certificate to a server that asks for one', async (t) => {
  const [first, second] = [makeCertificates(), makeCertificates()]
  const asking = [...tlsConfig(t, first), 'tls-auth-clients yes']
  const { port } = await startRedis(t, { certificate: first.local, config: asking })
  const url = `rediss://127.0.0.1:${port}`
  const shown = { url, ca: first.ca, serverName: 'localhost' }
  await sendToRedis({ ...shown, ...first.gate, stream: 'heads' })(headOf(1), never)
  for (const refused of [shown, { ...shown, ...second.gate }]) {
    const error = await t.throwsAsync(sendToRedis(refused)(headOf(2), never))
    t.regex(error.message, /certificate required|unknown ca|ECONNRESET|EPIPE|closed/i)
  }
  const elsewhere = sendToRedis({ ...shown, ...first.gate, serverName: 'stock.internal' })(headOf(2), never)
  await t.throwsAsync(elsewhere, { message: /altnames/ })
})

test('gives up on a server that says nothing', async (t) => {
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
  await t.throwsAsync(sendToRedis({ url })(headOf(1), AbortSignal.timeout(100)), { name: 'TimeoutError' })
})

test('gives up on a server that has answered before, and hangs', async (t) => {
  const { port } = await startRedis(t, { config: ['enable-debug-command local'] })
  const send = sendToRedis({ url: `redis://127.0.0.1:${port}` })
  await send(headOf(1), never)
  await redisCli(port, 'CLIENT', 'PAUSE', '60000', 'ALL')
  await t.throwsAsync(send(headOf(2), AbortSignal.timeout(100)), { name: 'TimeoutError' })
})

test('publishes when the server is back', async (t) => {
  const server = await startRedis(t)
  const [world, agenda] = [notedWorld(), new Agenda()]
  const publisher = await openPublisher({ redis: { url: `redis://127.0.0.1:${server.port}` } }, world, agenda.later)
  t.teardown(() => publisher.close())
  const count = (result: string) => world.metrics.auditHeads.of({ publisher: 'redis', result })
  publisher.publish(headOf(1), 'passing')
  await until(() => count('published') === 1)
  await server.kill()
  publisher.publish(headOf(2), 'passing')
  await until(() => agenda.next !== undefined)
  t.regex([...world.status.faults.values()].join(), /could not be published: .*ECONNREFUSED/)
  await server.start()
  agenda.entries.shift()?.run()
  await until(() => count('published') === 2)
  const printed = await redisCli(server.port, 'XRANGE', 'portcullis:heads', '-', '+')
  t.deepEqual(
    findHeads(printed).map(({ size }) => size),
    [2],
  )
  t.is(world.status.faults.size, 0)
})
