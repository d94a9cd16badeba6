import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import { openCopy } from '../../../../src/services/audit/copies/copies.ts'
import type { SyslogSettings } from '../../../../src/services/audit/copies/syslog-copy.ts'
import { makeCertificates } from '../../../helpers/certificates.ts'
import { freePort } from '../../../helpers/free-port.ts'
import { notedWorld } from '../../../helpers/noted-world.ts'
import { recordWriter } from '../../../helpers/records.ts'
import { startRsyslog } from '../../../helpers/rsyslog.ts'
import { SyslogServer } from '../../../helpers/syslog-server.ts'
import { until } from '../../../helpers/until.ts'

const certificates = makeCertificates()
const { ca, server: identity, gate } = certificates

async function open(t: ExecutionContext, settings: Partial<SyslogSettings> = {}) {
  const server = new SyslogServer(identity)
  await server.start()
  t.teardown(() => server.stop())
  const world = notedWorld()
  const to = { host: '127.0.0.1', port: server.port, ca, serverName: 'orders.internal', ...settings }
  const copy = await openCopy({ syslog: to }, world)
  t.teardown(() => copy.close())
  return { server, world, copy, dropped: () => world.metrics.auditDropped.of({ copy: 'syslog' }) }
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

function liveHeap(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const seqOf = ({ text }: { readonly text: string }): number => JSON.parse(text).seq

test.serial('rsyslog takes records over TLS from who shows its certificate', async (t) => {
  const rsyslog = await startRsyslog(t, certificates)
  const world = notedWorld()
  const to = { host: '127.0.0.1', port: rsyslog.port, ca, ...gate, serverName: 'orders.internal' }
  const copy = await openCopy({ syslog: to }, world)
  t.teardown(() => copy.close())
  const record = recordWriter()
  const lines = [
    record({ event: 'audit.started', outcome: 'done' }),
    record({ event: 'access.denied', outcome: 'denied', path: '/größe/🦊' }),
    record({ filler: 'x'.repeat(20_000) }),
  ]
  for (const line of lines) copy.write(line)
  await until(() => rsyslog.lines().length === 3)
  const head = (priority: number, event: string) =>
    `${priority}|2026-11-25T03:10:16.123Z|portcullis|${process.pid}|${event}|-|`
  t.deepEqual(rsyslog.lines(), [
    `${head(109, 'audit.started')}${lines[0]}`,
    `${head(108, 'access.denied')}${lines[1]}`,
    `${head(110, 'data.read')}${lines[2]}`,
  ])
})

test.serial('rsyslog refuses who shows no certificate, and the status says so', async (t) => {
  const rsyslog = await startRsyslog(t, certificates)
  const world = notedWorld()
  const to = { host: '127.0.0.1', port: rsyslog.port, ca, serverName: 'orders.internal' }
  const copy = await openCopy({ syslog: to }, world)
  copy.write(recordWriter()())
  await until(() => world.status.faults.size > 0)
  await copy.close()
  t.deepEqual(rsyslog.lines(), [])
  t.is(world.metrics.auditDropped.of({ copy: 'syslog' }), 1)
  t.is(world.status.faults.size, 0)
})

test.serial('every message is to the letter of RFC 5424, whatever the record holds', async (t) => {
  const { server, copy } = await open(t)
  const record = recordWriter()
  const lines = [
    record({ event: `order.${'x'.repeat(60)}` }),
    record({ event: 'bestellung.größe' }),
    record({ outcome: 'failed', path: '\u2028 "\\n" <14>1 - - - - - -' }),
    record({ outcome: 'constructor' }),
    '12 {"no":"record"}',
  ]
  for (const line of lines) copy.write(line)
  await until(() => server.messages.length === lines.length)
  t.deepEqual(
    server.messages.map(({ text }) => text),
    lines,
  )
  t.deepEqual(
    server.messages.map(({ id, priority }) => [id, priority]),
    [
      [`order.${'x'.repeat(26)}`, 110],
      ['bestellung.gr_e', 110],
      ['data.read', 107],
      ['data.read', 108],
      ['-', 108],
    ],
  )
})

test.serial('sends nothing to a server that it does not trust', async (t) => {
  for (const settings of [{ ca: makeCertificates().ca }, { serverName: 'elsewhere.internal' }]) {
    const { server, world, copy } = await open(t, settings)
    copy.write(recordWriter()())
    await until(() => world.status.faults.size > 0)
    await copy.close()
    t.is(server.messages.length, 0)
  }
})

test.serial('goes on with every line when the server is back', async (t) => {
  const { server, world, copy, dropped } = await open(t)
  const record = recordWriter()
  copy.write(record())
  await until(() => server.messages.length === 1)
  await server.stop()
  await until(() => world.status.faults.size === 1)
  for (let i = 0; i < 5000; i++) copy.write(record())
  await server.start()
  await until(() => server.messages.length >= 5001)
  t.deepEqual(
    server.messages.map(seqOf),
    Array.from({ length: 5001 }, (_, i) => i + 1),
  )
  t.is(dropped(), 0)
  t.is(world.status.faults.size, 0)
  t.is(world.lines.filter((line) => line.includes('not copied')).length, 1)
  t.is(world.lines.filter((line) => line.includes('copied again')).length, 1)
})

test.serial('a server that stops reading costs bounded memory, and the gap is told in its place', async (t) => {
  const { server, world, copy, dropped } = await open(t)
  server.isStalled = true
  await once(server, 'connected')
  const record = recordWriter()
  const total = 100_000
  for (let i = 0; i < total; i++) {
    copy.write(record({ filler: 'x'.repeat(200) }))
    if (i % 1000 === 0) await new Promise((turn) => setImmediate(turn))
  }
  t.true(dropped() > 0)
  server.resume()
  await until(() => server.messages.some(({ text }) => text.startsWith('{"audit"')))
  copy.write(record())
  await until(() => server.messages.at(-1)?.text.includes(`"seq":${total + 1},`) === true)
  // A slow machine may lose some before the connection stands, and others after it.
  let next = 1
  for (const { text } of server.messages)
    if (text.startsWith('{"audit"')) next += JSON.parse(text).count
    else t.is(seqOf({ text }), next++)
  t.is(next, total + 2)
  const told = server.messages
    .filter(({ text }) => text.startsWith('{"audit"'))
    .map(({ text }) => JSON.parse(text).count)
  t.is(
    told.reduce((sum, count) => sum + count, 0),
    dropped(),
  )
  t.true(world.lines.some((line) => line.includes('were not copied')))
})

test.serial('200,000 lines to a server that is not there cost bounded memory, and nobody waits', async (t) => {
  const world = notedWorld()
  const copy = await openCopy({ syslog: { host: '127.0.0.1', port: await freePort() } }, world)
  const record = recordWriter()
  let bytes = 0
  const from = liveHeap()
  for (let i = 0; i < 200_000; i++) {
    const line = record({ filler: 'x'.repeat(300) })
    bytes += line.length
    copy.write(line)
    if (i % 1000 === 0) await new Promise((turn) => setImmediate(turn))
  }
  t.true(bytes > 80e6)
  t.true(liveHeap() - from < 20e6)
  await copy.close()
  t.is(world.metrics.auditDropped.of({ copy: 'syslog' }), 200_000)
  const counts = world.lines
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg.startsWith('audit records were not'))
  t.is(
    counts.reduce((sum, { count }) => sum + count, 0),
    200_000,
  )
  t.true(counts.length <= 4)
})

test.serial('hands over what is left at the end, also where it has to connect first', async (t) => {
  const { server, copy } = await open(t)
  const record = recordWriter()
  for (let i = 0; i < 10_000; i++) copy.write(record())
  const from = performance.now()
  await copy.close()
  t.true(performance.now() - from < 3000)
  await until(() => server.sockets.size === 0)
  t.is(server.messages.length, 10_000)
})

test.serial('a server that stops reading does not hold up the end', async (t) => {
  const { server, copy, dropped } = await open(t)
  server.isStalled = true
  await once(server, 'connected')
  const record = recordWriter()
  for (let i = 0; i < 10_000; i++) copy.write(record({ filler: 'x'.repeat(2000) }))
  const from = performance.now()
  await copy.close()
  t.true(performance.now() - from < 8000)
  t.true(dropped() > 0)
  const counted = dropped()
  await copy.close()
  t.is(dropped(), counted)
  server.resume()
  await until(() => server.sockets.size === 0)
  t.true(server.messages.length + counted >= 10_000)
})
