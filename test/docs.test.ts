import test from 'ava'
import { findFaults, readFences } from './helpers/markdown.ts'

test('every policy that the guide to the language shows is accepted', (t) => {
  for (const { text } of readFences('docs/policy-language.md').filter(({ language }) => language === 'yaml'))
    t.deepEqual(findFaults({ 'p.yaml': text }), [])
})

test('every policy that the page on many nodes shows is accepted', (t) => {
  const routes = 'routes:\n  GET /: { authenticate: public, builtin: health }\n'
  for (const { text } of readFences('docs/many-nodes.md').filter(({ language }) => language === 'yaml'))
    t.deepEqual(findFaults({ 'p.yaml': text + routes }), [])
})

test('every policy that the page on secrets shows is accepted', (t) => {
  const routes = 'routes:\n  GET /: { authenticate: AUTH, builtin: health }\n'
  for (const { text } of readFences('docs/secrets.md').filter(({ language }) => language === 'yaml')) {
    const auth = text.includes('issuers:') ? 'jwt' : 'public'
    t.deepEqual(findFaults({ 'p.yaml': text + routes.replace('AUTH', auth) }), [])
  }
})

test('every policy that the page on TLS shows is accepted', (t) => {
  const routes = 'routes:\n  GET /: { authenticate: public, builtin: health }\n'
  const settings = "settings: { tls: { cert: '${file:a}', key: '${file:b}', clientCa: '${file:c}' } }\n"
  for (const { text } of readFences('docs/tls.md').filter(({ language }) => language === 'yaml'))
    t.deepEqual(
      findFaults({ 'p.yaml': text.includes('routes:') ? settings + text : text + routes }).filter(
        ({ rule }) => rule !== 'settings/insecure-listener',
      ),
      [],
    )
})

test('every policy that the page on credentials shows is accepted, without a warning', (t) => {
  const fences = readFences('docs/credentials.md').filter(({ language }) => language === 'yaml')
  t.is(fences.length, 3)
  for (const { text } of fences) t.deepEqual(findFaults({ 'p.yaml': text }), [])
})

test('every policy that the page on accounts shows is accepted, without a warning', (t) => {
  const fences = readFences('docs/accounts.md').filter(({ language }) => language === 'yaml')
  t.is(fences.length, 3)
  for (const { text } of fences) t.deepEqual(findFaults({ 'p.yaml': text }), [])
})
