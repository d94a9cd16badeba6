/** The threads find their file in what is built too, where nobody strips types. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { root } from '../../../helpers/markdown.ts'

const program = `
import { PasswordHasher } from './dist/services/accounts/passwords/password-hasher.js'
import { PasswordPolicy } from './dist/services/accounts/passwords/password-policy.js'
import { readPassword } from './dist/services/accounts/passwords/password.js'
import { systemClock } from './dist/services/clock.js'
const hasher = new PasswordHasher({ cost: 4, clock: systemClock })
const password = readPassword('worldofwarcraft')
const { matches } = await hasher.verify(password, await hasher.hash(password))
const policy = await PasswordPolicy.open()
console.log(matches, policy.check(password, { names: [] }))
await hasher.close()`

test('the built hasher hashes, and the built policy knows its lists', (t) => {
  t.timeout(240_000, 'compiling takes its time on a busy machine')
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-passwords-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const config = {
    extends: join(root, 'scripts/tsconfig.build.json'),
    compilerOptions: {
      rootDir: join(root, 'src'),
      outDir: join(folder, 'dist'),
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: [join(root, 'src/services/accounts/passwords/*.ts')],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  execFileSync('tsc', ['-p', join(folder, 'tsconfig.json')], { cwd: root, stdio: 'inherit' })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'program.mjs'), program)
  const args = ['--no-strip-types', join(folder, 'program.mjs')]
  t.is(execFileSync(process.execPath, args, { encoding: 'utf8' }), 'true common\n')
})
