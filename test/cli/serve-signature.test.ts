/** Signed webhooks before workers of one server: secrets that rotate in their file, and requests that are sent twice. */

import { createHmac, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { serveCommand } from '../helpers/command.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'
import { until } from '../helpers/until.ts'

const random = () => randomBytes(32).toString('base64url')
const hex = (text: string, secret: string): string => createHmac('sha256', secret).update(text).digest('hex')

test('a secret that is replaced goes on for a while beside the new one, and workers share what they have seen', async (t) => {
  t.timeout(180_000)
  const [one, two, three] = [random(), random(), random()]
  const dir = emptyFolder()
  writeFileSync(join(dir, 'hook'), one)
  const directory = writePolicies({
    'hooks.yaml': `
settings: { secrets: { provider: file, dir: ${dir} } }
defaults: { input: { body: any } }
routes:
  POST /plain: { authenticate: { signature: { header: X-Signature, secret: '\${secret:hook}' } }, reply: { status: 204 } }
  POST /timed: { authenticate: { signature: { header: X-Signature, timestamp: X-Time, secret: '\${secret:hook}' } }, reply: { status: 204 } }
`,
  })
  const served = await serveCommand([directory, '--workers', '2'])
  t.teardown(() => served.child.kill('SIGKILL'))
  const send = async (path: string, headers: Record<string, string>) =>
    (await fetch(served.url + path, { method: 'POST', headers: { ...headers, connection: 'close' }, body: '{}' }))
      .status
  const plain = (secret: string) => send('/plain', { 'X-Signature': hex('{}', secret) })
  t.deepEqual([await plain(one), await plain(two)], [204, 401])
  writeFileSync(join(dir, 'hook'), two)
  await until(async () => (await plain(two)) === 204 && (await plain(two)) === 204 && (await plain(two)) === 204)
  t.deepEqual([await plain(one), await plain(two), await plain(three)], [204, 204, 401])
  const now = Math.floor(Date.now() / 1_000)
  for (let i = 0; i < 5; i++) {
    const time = `${now - i}`
    const headers = { 'X-Time': time, 'X-Signature': hex(`${time}.{}`, two) }
    const answers = await Promise.all(Array.from({ length: 8 }, () => send('/timed', headers)))
    t.deepEqual(answers.toSorted(), [204, ...Array.from({ length: 7 }, () => 401)])
  }
  t.is((await served.end('SIGTERM')).code, 0)
})
