/** The end of `serve`, in processes of its own: a disk that hangs, handlers that never end. */

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, watch } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { type Served, serveCommand } from '../helpers/command.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'
import { until } from '../helpers/until.ts'

const audited = writePolicies({
  'a.yaml': `service: s
routes:
  GET /: { authenticate: public, reply: { body: ok } }
  DELETE /: { authenticate: public, because: a test, rateLimit: [{ by: ip, limit: 1000, per: 1m }], reply: { body: ok } }
`,
})

const messages = ({ logged }: Served) => logged().map(({ msg }) => msg)

/** Serves with an audit log whose last head goes into a pipe that nobody reads: to open it takes for ever. */
async function serveOverHungDisk() {
  const cwd = emptyFolder()
  const served = await serveCommand([audited], { cwd })
  const [log = ''] = readdirSync(join(cwd, 'data/audit'))
  execFileSync('mkfifo', [join(cwd, 'data/audit', log, '00000001.heads')])
  await fetch(served.url, { method: 'DELETE' })
  return served
}

test('ends with status 1 where the disk of the audit log hangs, and says what is lost', async (t) => {
  const served = await serveOverHungDisk()
  const { code } = await served.end('SIGTERM')
  t.is(code, 1)
  const line = served.logged().find(({ level }) => level === 'error')
  t.is(line?.msg, 'the audit log did not close within 4000 ms, and is left behind')
  t.is(typeof line?.entries, 'number')
})

test('ends at once on a second signal, also where a thread hangs', async (t) => {
  const served = await serveOverHungDisk()
  served.child.kill('SIGTERM')
  await until(() => messages(served).includes('drained'))
  const { code } = await served.end('SIGTERM')
  t.is(code, 1)
  t.false(messages(served).some((message) => String(message).startsWith('the audit log did not close')))
})
