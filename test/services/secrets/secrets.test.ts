import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { environmentSecrets } from '../../../src/services/secrets/environment.ts'
import { fileSecrets } from '../../../src/services/secrets/file.ts'
import { openProvider } from '../../../src/services/secrets/provider.ts'
import type { Provider } from '../../../src/services/secrets/secrets.ts'
import { readSecretSettings } from '../../../src/services/secrets/settings.ts'

const read = async (provider: Provider, name: string): Promise<string> => {
  const signal = AbortSignal.timeout(10_000)
  return (await provider.fetch(name, { verifies: false, signal })).current.reveal()
}

function folderOf(t: ExecutionContext, files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

test('reads from the environment under the name that the language gives', async (t) => {
  const secrets = environmentSecrets({ PORTCULLIS_SECRET_TLS_KEY: 'x', PORTCULLIS_SECRET_EMPTY: '' })
  t.is(await read(secrets, 'tls-key'), 'x')
  t.is(await read(secrets, 'tls.key'), 'x')
  await t.throwsAsync(read(secrets, 'empty'), { message: 'the secret `empty` is missing: set PORTCULLIS_SECRET_EMPTY' })
  await t.throwsAsync(read(secrets, '__proto__'), { message: /PORTCULLIS_SECRET___PROTO__/ })
})

test('reads from a folder, and cuts one newline', async (t) => {
  const secrets = fileSecrets(folderOf(t, { a: 'x\n', b: 'x\r\n', c: 'x\n\n', d: '  x ', 'tls.key': 'é' }))
  t.deepEqual(await Promise.all(['a', 'b', 'c', 'd', 'tls.key'].map((name) => read(secrets, name))), [
    'x',
    'x',
    'x\n',
    '  x ',
    'é',
  ])
})

test("follows the links of an orchestrator's mount", async (t) => {
  const folder = folderOf(t, {})
  mkdirSync(join(folder, '..data'))
  writeFileSync(join(folder, '..data', 'key'), 'x')
  symlinkSync(join('..data', 'key'), join(folder, 'key'))
  t.is(await read(fileSecrets(folder), 'key'), 'x')
})

test('takes no path for a name', async (t) => {
  const folder = folderOf(t, { '.hidden': 'x', outside: 'x' })
  mkdirSync(join(folder, 'inner'))
  const secrets = fileSecrets(join(folder, 'inner'))
  for (const name of [
    '../outside',
    '..',
    '.',
    '.hidden',
    '/etc/passwd',
    'a/b',
    'a\\b',
    'a\0',
    '',
    '..%2foutside',
    'x'.repeat(200),
  ]) {
    await t.throwsAsync(read(secrets, name), { message: /not the name of a file/ }, name)
  }
})

test('says what is wrong with a missing, empty, binary, large or special file', async (t) => {
  const folder = folderOf(t, { empty: '\n', binary: Buffer.from([0xff]), large: 'x'.repeat(65_537) })
  mkdirSync(join(folder, 'folder'))
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const secrets = fileSecrets(folder)
  await t.throwsAsync(read(secrets, 'missing'), {
    message: `the secret \`missing\` cannot be read: put it into \`${folder}/missing\``,
  })
  await t.throwsAsync(read(secrets, 'empty'), { message: /empty or not UTF-8/ })
  await t.throwsAsync(read(secrets, 'binary'), { message: /empty or not UTF-8/ })
  await t.throwsAsync(read(secrets, 'large'), { message: /larger than 65536 bytes/ })
  await t.throwsAsync(read(secrets, 'folder'), { message: /not a file/ })
  await t.throwsAsync(read(secrets, 'pipe'), { message: /not a file/ })
})

test('opens the provider that the settings name', async (t) => {
  const dir = folderOf(t, { key: 'from a file' })
  t.is(await read(await openProvider(readSecretSettings({ provider: 'file', dir })), 'key'), 'from a file')
  await t.throwsAsync(read(await openProvider(readSecretSettings()), 'key'), { message: /PORTCULLIS_SECRET_KEY/ })
})
