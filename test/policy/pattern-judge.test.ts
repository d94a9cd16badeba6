import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { MessagePort } from 'node:worker_threads'
import test from 'ava'
import { PatternJudge } from '../../src/policy/rules/pattern-judge.ts'
import { importOpenApi } from '../../src/tools/openapi-import/import-openapi.ts'
import { runCommand, serveCommand } from '../helpers/command.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'
import { until } from '../helpers/until.ts'
import { findingsOf } from './folder.ts'

/** What the thread that judges was asked. */
const asked: string[] = []
const { postMessage } = MessagePort.prototype
MessagePort.prototype.postMessage = function (message, ...more: []) {
  if (typeof message?.pattern === 'string') asked.push(message.pattern)
  return postMessage.call(this, message, ...more)
}

const askedFor = (...patterns: readonly string[]): readonly string[] =>
  asked.filter((pattern) => patterns.includes(pattern)).sort()

test('an import judges each pattern once, however often what it wrote is checked', (t) => {
  const patterns = ['^([a-c]+x?)+$', '^([d-f]|y)+$', '^([g-i]+-?)*$']
  const properties = Object.fromEntries(patterns.map((pattern, index) => [`p${index}`, { type: 'string', pattern }]))
  const schema = { type: 'object', properties, required: ['gone'] }
  const paths = { '/a': { post: { security: [], requestBody: { content: { 'application/json': { schema } } } } } }
  const document = { openapi: '3.1.0', info: { title: 'A', version: '1' }, paths }
  const { text } = importOpenApi(JSON.stringify(document), { file: 'a.yaml' })
  t.true(text.includes('[d-f]') && !text.includes("pattern: '^([a-c]"))
  t.deepEqual(askedFor(...patterns), [...patterns].sort())
})

test('what was said of a pattern holds for the next check', (t) => {
  const text = `
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 1, per: 1s }] }
routes:
  GET /: { input: { query: { q: { type: string, pattern: '^(k|k)*l$' } } }, builtin: health }
`
  for (const _ of [1, 2]) t.deepEqual(findingsOf(t, text), ['4:58 input/unbounded-pattern'])
  t.deepEqual(askedFor('^(k|k)*l$'), ['^(k|k)*l$'])
})

test('forgets patterns that nobody asks for any more', (t) => {
  const patterns = Array.from({ length: 4_100 }, (_, index) => `^(?:m${index})$`)
  const first = String(patterns[0])
  for (const pattern of [first, ...patterns]) t.is(new PatternJudge().faultOf(pattern), undefined)
  t.is(new PatternJudge().faultOf(first), undefined)
  t.deepEqual(askedFor(first), [first, first])
})

test('a pattern that only a proof shows to be slow is found, and one of its shape that is not slow is not', (t) => {
  const judge = new PatternJudge()
  t.regex(judge.faultOf('^[A-Z0-9-]{4,32}(x+)+$') ?? '', /takes exponential time/)
  t.is(judge.faultOf('^[A-Z0-9-]{4,32}(?:x|y)*$'), undefined)
  t.regex(judge.faultOf('^(?=.*\u{1f600}?[A-Z])[A-Z0-9-]{4,32}(x+)+$') ?? '', /takes exponential time/)
  t.is(judge.faultOf('^(?!-)(?=[A-Z0-9-]{4,64}$)[A-Z0-9-]{4,32}(?:x|y)*(?<!-)$'), undefined)
})

/** A program in place of the one that recheck starts, which says where it is and what it sees, and then becomes that one. */
function watchedProgram(): { readonly program: string; readonly seen: string; readonly pid: string } {
  const folder = emptyFolder()
  const [program, seen, pid] = ['program', 'seen', 'pid'].map((name) => join(folder, name)) as [string, string, string]
  const own = createRequire(createRequire(import.meta.url).resolve('recheck'))
  const real = join(dirname(own.resolve(`recheck-${process.platform}-${process.arch}/package.json`)), 'recheck')
  writeFileSync(program, `#!/bin/sh\nenv > ${seen}\necho $$ > ${pid}\nexec ${real} "$@"\n`)
  chmodSync(program, 0o755)
  return { program, seen, pid }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('the program that judges sees no secret of the environment, and ends when nobody asks', async (t) => {
  t.timeout(180_000)
  const { program, seen, pid } = watchedProgram()
  const policies = writePolicies({
    'a.yaml': `
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 9, per: 1s }] }
routes:
  GET /: { input: { query: { q: { type: string, pattern: '^([s-u]|v)+$' } } }, builtin: health }
`,
  })
  const env = { RECHECK_BIN: program, PORTCULLIS_SECRET_LOGIN: 'not for others', DATABASE_URL: 'postgres://a:b@c/d' }
  const served = await serveCommand([policies], { cwd: emptyFolder(), env })
  t.teardown(() => served.child.kill('SIGKILL'))
  const names = readFileSync(seen, 'utf8')
    .split('\n')
    .map((line) => line.split('=')[0])
  t.true(names.includes('PATH'))
  t.deepEqual(
    names.filter((name) => ['PORTCULLIS_SECRET_LOGIN', 'DATABASE_URL', 'HOME'].includes(name ?? '')),
    [],
  )
  await until(() => !isAlive(Number(readFileSync(pid, 'utf8'))))
  t.is((await fetch(served.url)).status, 200)
  t.is((await served.end('SIGTERM')).code, 0)
})

test('where it cannot be started, patterns are judged all the same', async (t) => {
  t.timeout(180_000)
  const text = `
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 9, per: 1s }] }
routes:
  GET /: { input: { query: { q: { type: string, pattern: '^(w+)+$' } } }, builtin: health }
`
  const env = { RECHECK_BIN: '/nowhere/recheck', RECHECK_JAR: '/nowhere/recheck.jar' }
  const { stdout, code } = await runCommand(['check', writePolicies({ 'a.yaml': text })], { env })
  t.is(code, 1)
  t.true(stdout.includes('takes exponential time'), stdout)
})
