import { createRequire } from 'node:module'
import test from 'ava'
import { PatternJudge } from '../../src/policy/rules/pattern-judge.ts'
import { importOpenApi } from '../../src/tools/openapi-import/import-openapi.ts'
import { findingsOf } from './folder.ts'

/** What the analysis was asked; it is loaded at the first question, so this stands before it. */
const asked: string[] = []
const recheck = createRequire(import.meta.url)('recheck') as { checkSync: typeof import('recheck').checkSync }
const { checkSync } = recheck
recheck.checkSync = (source, ...more) => {
  asked.push(source)
  return checkSync(source, ...more)
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
