/** The command in processes of its own, one after the other. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { diagnose } from '../../src/policy/inspect.ts'
import { runCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { validate } from '../policy/openapi/reading.ts'

const shop = `values: { most: 9 }
defaults: { authenticate: public }
routes:
  GET /orders/:id:
    rateLimit: [{ by: ip, limit: '\${value:most}', per: 1m }]
    reply: { body: ok }
`
const directory = writePolicies({ 'shop.yaml': shop })
const run = (...args: readonly string[]) => runCommand(['openapi', ...args])

test.serial('writes the document of a policy directory', async (t) => {
  const { code, stdout, stderr } = await run('export', directory)
  t.deepEqual([code, stderr], [0, ''])
  const document = JSON.parse(stdout)
  await validate(t, document)
  t.is(document.paths['/orders/{id}'].get['x-rate-limit'][0].limit, 9)
})

test.serial('writes the same document as YAML', async (t) => {
  const json = await run('export', directory)
  const yaml = await run('export', directory, '--format', 'yaml')
  t.deepEqual(parse(yaml.stdout), JSON.parse(json.stdout))
})

test.serial('takes the values of an environment', async (t) => {
  const values = join(writePolicies({ 'staging.yaml': 'most: 5\n' }), 'staging.yaml')
  const { stdout } = await run('export', directory, '--values', values)
  t.is(JSON.parse(stdout).paths['/orders/{id}'].get['x-rate-limit'][0].limit, 5)
})

test.serial('asks for a host where several answer one path differently', async (t) => {
  const of = (host: string) =>
    `host: ${host}\nroutes:\n  GET /a: { authenticate: public, summary: of ${host}, reply: {} }\n`
  const hosts = writePolicies({ 'a.yaml': of('a.example'), 'b.yaml': of('b.example') })
  const { code, stdout, stderr } = await run('export', hosts)
  t.deepEqual([code, stdout], [2, ''])
  t.true(
    stderr.includes(
      'expected `--host NAME`: one path and method is answered differently on `a.example` and `b.example`',
    ),
  )
  const chosen = await run('export', hosts, '--host', 'B.example')
  t.is(JSON.parse(chosen.stdout).paths['/a'].get.summary, 'of b.example')
  const unknown = await run('export', hosts, '--host', 'c.example')
  t.is(unknown.code, 2)
  t.true(unknown.stderr.includes('no route answers the host `c.example`; known here: `a.example`, `b.example`'))
})

test.serial('writes a policy of a document', async (t) => {
  const folder = writePolicies({})
  const file = join(folder, 'openapi.json')
  writeFileSync(file, (await run('export', directory)).stdout)
  const { code, stdout } = await run('import', file, '--upstream', 'http://127.0.0.1:9001')
  t.is(code, 0)
  t.true(stdout.includes('GET /orders/:id'))
  t.true(stdout.includes('upstream: http://127.0.0.1:9001'))
  writeFileSync(join(folder, 'shop.yaml'), stdout)
  t.deepEqual(diagnose(folder), [])
})

const mistakes = [
  [[], 'expected `export|import [policy-dir|FILE]`, got none'],
  [['exprt'], 'expected `export` or `import`, got `exprt`'],
  [['__proto__'], 'expected `export` or `import`, got `__proto__`'],
  [['export', directory, '--format', 'xml'], 'expected `--format json` or `--format yaml`, got `xml`'],
  [['export', directory, '--upstream', 'http://x'], '`openapi export` takes no `--upstream`'],
  [['export', '/nowhere'], 'cannot read the policy directory `/nowhere`'],
  [['import'], 'expected `openapi import FILE`'],
  [['import', directory], `cannot read \`${directory}\`: expected a file, got a directory`],
  [['import', '/nowhere'], 'cannot read `/nowhere`: no such file or directory'],
  [['import', join(directory, 'shop.yaml')], 'expected an OpenAPI document'],
  [['import', directory, '--host', 'x'], '`openapi import` takes no `--host`'],
] as const

for (const [args, message] of mistakes) {
  test.serial(
    `ends with status 2: openapi ${args.map((arg) => arg.replace(directory, 'DIR')).join(' ')}`,
    async (t) => {
      const { code, stdout, stderr } = await run(...args)
      t.deepEqual([code, stdout], [2, ''])
      t.true(stderr.includes(message), stderr)
      t.notRegex(stderr, /^ {4}at /m)
    },
  )
}

test.serial('ends with status 1 where the policies have errors', async (t) => {
  const { code, stdout } = await run('export', writePolicies({ 'p.yaml': 'routes:\n  GET /a: {}\n' }))
  t.deepEqual([code, stdout], [1, ''])
})
