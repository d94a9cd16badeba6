/** The package as it is published: JavaScript that runs without a loader, with types and the `portcullis` command. */

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = 'node_modules/.cache/portcullis-build'

test('builds a command that runs as plain JavaScript, and types beside it', (t) => {
  t.teardown(() => rmSync(new URL(`../${out}`, import.meta.url), { recursive: true, force: true }))
  execFileSync('tsc', ['-p', 'scripts/tsconfig.build.json', '--outDir', out], { cwd: root })
  const checked = spawnSync(process.execPath, [`${out}/cli/main.js`, 'check', 'policies'], {
    cwd: root,
    encoding: 'utf8',
  })
  t.is(checked.stdout, 'no findings\n')
  t.is(checked.status, 0)
  t.regex(readFileSync(`${root}/${out}/cli/main.js`, 'utf8'), /^#!\/usr\/bin\/env node\n/)
  t.true(existsSync(`${root}/${out}/index.d.ts`))
})

test('names in package.json what the build makes', (t) => {
  const { bin, exports, files } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  t.deepEqual(bin, { portcullis: 'dist/cli/main.js' })
  t.deepEqual(exports, { '.': { types: './dist/index.d.ts', default: './dist/index.js' } })
  t.deepEqual(files, ['dist', 'policies', 'CHANGELOG.md'])
})
