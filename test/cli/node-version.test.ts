import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { nodeFault } from '../../src/cli/node-version.ts'

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const least: string = engines.node.replace('>=', '')

test('runs on the least version that package.json names, and on newer ones', (t) => {
  for (const version of [`${least}.0`, '24.21.0', '25.0.0', '26.1.0-nightly20260401'])
    t.is(nodeFault(version), undefined, version)
})

test('says which version it needs, and where one comes from', (t) => {
  t.is(
    nodeFault('20.20.2'),
    `expected Node ${least} or newer, got 20.20.2; \`npm install node@24\` brings one into a project`,
  )
  t.regex(nodeFault('24.11.1') ?? '', /got 24\.11\.1/)
})

test('the program ends with status 3 on an older Node, before it loads anything', (t) => {
  const older = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.20.2'})"
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, ['--import', older, main, '--help'], { encoding: 'utf8' })
  t.is(status, 3)
  t.is(stderr, `portcullis: ${nodeFault('20.20.2')}\n`)
})
