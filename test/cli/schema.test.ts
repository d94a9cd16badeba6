/** `portcullis schema`, as people run it. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { editorSchema } from '../../src/tools/editor-schema/editor-schema.ts'
import { runCommand } from '../helpers/command.ts'

test('writes the editor schema to standard output', async (t) => {
  const { code, stdout, stderr } = await runCommand(['schema'])
  t.deepEqual([code, stderr], [0, ''])
  t.deepEqual(JSON.parse(stdout), editorSchema())
  t.true(stdout.endsWith('}\n'))
})

test('writes the editor schema to a file, over what stood there', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (let times = 0; times < 2; times += 1) {
    t.deepEqual(await runCommand(['schema', '--out', 'policy.schema.json'], { cwd: folder }), {
      code: 0,
      stdout: '',
      stderr: '',
    })
    t.deepEqual(JSON.parse(readFileSync(join(folder, 'policy.schema.json'), 'utf8')), editorSchema())
  }
})

test('tells a file that cannot be written', async (t) => {
  const { code, stdout, stderr } = await runCommand(['schema', '--out', '/nowhere/policy.schema.json'])
  t.deepEqual([code, stdout], [3, ''])
  t.is(stderr, 'portcullis: cannot write `/nowhere/policy.schema.json`: no such file or directory\n')
})

test('takes no operand', async (t) => {
  const { code, stderr } = await runCommand(['schema', 'policies'])
  t.is(code, 2)
  t.regex(stderr, /^portcullis: expected no operand, got `policies`/)
})
