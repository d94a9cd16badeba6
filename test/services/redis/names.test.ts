import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { Names } from '../../../src/services/redis/names.ts'
import { until } from '../../helpers/until.ts'

const hostOf = (host: string) => ({ host, port: 6379 })

test('addresses, names that are there and names that are not have all been looked up', async (t) => {
  const hosts = ['redis.invalid', '127.0.0.1', 'localhost', '::1'].map(hostOf)
  const names = new Names()
  await until(async () => (await names.answered(hosts)).length === hosts.length)
  t.deepEqual(await names.answered(hosts.slice(1, 2)), hosts.slice(1, 2))
})

/** Run where the one name server takes questions, and answers none. */
const script = `
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Names } from '${new URL('../../../src/services/redis/names.ts', import.meta.url)}'
const server = createSocket('udp4').bind(53, '127.0.0.77')
await once(server, 'listening')
const names = new Names()
const [living, ...hanging] = ['127.0.0.1', 'a.test', 'b.test'].map((host) => ({ host, port: 1 }))
const found = await names.answered([...hanging, living])
for (let i = 0; i < 20; i++) void names.answered(hanging)
const lookups = process.getActiveResourcesInfo().filter((name) => name === 'GetAddrInfoReqWrap').length
process.stdout.write(JSON.stringify({ found, lookups }))
process.exit()
`

test('names that hang are left out, and asked for once at a time', (t) => {
  // Not everybody may mount a file over another.
  if (spawnSync('unshare', ['-m', 'true']).status !== 0) {
    t.pass()
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-names-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.77\n')
  writeFileSync(join(folder, 'script.mjs'), script)
  const shell = 'mount --bind resolv.conf /etc/resolv.conf && exec "$0" script.mjs'
  const { stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', shell, process.execPath], {
    cwd: folder,
    timeout: 30_000,
    encoding: 'utf8',
  })
  t.is(stderr, '')
  t.deepEqual(JSON.parse(stdout), { found: [{ host: '127.0.0.1', port: 1 }], lookups: 2 })
})
