/** A gate in an app of one's own takes a rotated secret by itself. */

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'
import { openApp } from './app.ts'

function replace(folder: string, text: string): void {
  writeFileSync(join(folder, 'draft'), text)
  renameSync(join(folder, 'draft'), join(folder, 'greeting'))
}

const policies = (folder: string) => `settings: { secrets: { provider: file, dir: ${folder} }, audit: off }
defaults: { authenticate: public }
routes:
  GET /: { reply: { headers: { X-Greeting: '\${secret:greeting}' } } }
`

test('a rotated secret is in force without a call, and listeners are told', async (t) => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'greeting'), 'good-morning')
  const { gate, send, logged } = await openApp(t, { policies: policies(folder) })
  t.is((await send()).headers['x-greeting'], 'good-morning')
  const reloaded = once(gate, 'reload')
  replace(folder, 'good-evening')
  await reloaded
  t.is((await send()).headers['x-greeting'], 'good-evening')
  t.true(logged.some(({ message }) => message.startsWith('secrets have changed: `greeting`')))
})

test('one that is refused changes nothing, and is told to listeners and the log', async (t) => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'greeting'), 'good-morning')
  const { gate, send, logged } = await openApp(t, { policies: policies(folder) })
  const refused = once(gate, 'refused')
  replace(folder, 'two\nlines-of-a-header')
  await refused
  t.is((await send()).headers['x-greeting'], 'good-morning')
  const told = JSON.stringify(logged)
  t.regex(told, /policies not reloaded: .*stay in force/)
  t.notRegex(told, /lines-of-a-header/)
})

test('keeps no process alive that has nothing else to do', async (t) => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'greeting'), 'good-morning')
  const directory = writePolicies({ 'a.yaml': policies(folder) })
  const index = new URL('../../src/index.ts', import.meta.url)
  const script = `import { portcullis } from '${index}'
    await portcullis('${directory}').open()
    process.once('exit', () => console.log('ended'))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  t.is(stdout, 'ended\n')
})
