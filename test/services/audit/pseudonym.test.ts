import { generateKeyPairSync, randomBytes } from 'node:crypto'
import test from 'ava'
import { pseudonymsOf } from '../../../src/services/audit/pseudonym.ts'

const key = randomBytes(32)

test('gives one value of one member the same pseudonym, whoever makes it', (t) => {
  const made = pseudonymsOf(key)('user.id', 'anna')
  t.regex(made, /^pseudonym:[A-Za-z0-9_-]{22}$/)
  t.is(pseudonymsOf(Buffer.from(key))('user.id', 'anna'), made)
})

test('tells values, members and keys apart', (t) => {
  const pseudonym = pseudonymsOf(key)
  const made = [
    pseudonym('user.id', 'anna'),
    pseudonym('user.id', 'anne'),
    pseudonym('ip', 'anna'),
    pseudonym('user.id', ''),
    pseudonymsOf(randomBytes(32))('user.id', 'anna'),
  ]
  t.is(new Set(made).size, made.length)
})

test('derives the same key from the same signing key, and not the key itself', (t) => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const made = pseudonymsOf(privateKey)('ip', '192.0.2.1')
  t.is(pseudonymsOf(privateKey)('ip', '192.0.2.1'), made)
  t.not(pseudonymsOf(privateKey.export({ format: 'der', type: 'pkcs8' }))('ip', '192.0.2.1'), made)
  t.not(pseudonymsOf(generateKeyPairSync('ed25519').privateKey)('ip', '192.0.2.1'), made)
})

test('remembers as much as it has room for, and is right beyond that', (t) => {
  const pseudonym = pseudonymsOf(key)
  const first = pseudonym('ip', '0')
  for (let n = 1; n < 10_000; n++) pseudonym('ip', String(n))
  t.is(pseudonym('ip', '0'), first)
  const long = 'x'.repeat(3_000_000)
  t.is(pseudonym('resource', long), pseudonym('resource', long))
  t.not(pseudonym('resource', long), pseudonym('resource', `${long}y`))
})

test('takes a half of a surrogate pair for what is written in its place', (t) => {
  const pseudonym = pseudonymsOf(key)
  t.is(pseudonym('ip', '\ud800'), pseudonym('ip', '\ufffd'))
})
