import test from 'ava'
import { suggest } from '../../src/core/suggest.ts'

const keys = ['rateLimit', 'authenticate', 'authorize', 'cors', 'scopes'] as const

test('finds the word that was meant', (t) => {
  t.is(suggest('ratelimit', keys), 'rateLimit')
  t.is(suggest('autorize', keys), 'authorize')
  t.is(suggest('scope', keys), 'scopes')
  t.is(suggest('cosr', keys), 'cors')
  t.is(suggest('ratLimt', keys), 'rateLimit')
})

test('finds the only word that one breaks off', (t) => {
  t.is(suggest('scop', keys), 'scopes')
  t.is(suggest('rate', keys), 'rateLimit')
  t.is(suggest('auth', keys), undefined)
  t.is(suggest('sc', keys), undefined)
})

test('suggests nothing where no word is near', (t) => {
  t.is(suggest('banana', keys), undefined)
  t.is(suggest('', keys), undefined)
  t.is(suggest('x', []), undefined)
})

test('prefers the nearest, then the first', (t) => {
  t.is(suggest('min', ['mix', 'mi', 'min']), 'min')
  t.is(suggest('bat', ['cat', 'hat']), 'cat')
})

test('gives up on words that nobody types', (t) => {
  t.is(suggest('a'.repeat(100_000), ['a'.repeat(100_000)]), undefined)
})
