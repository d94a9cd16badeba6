import test from 'ava'
import fc from 'fast-check'
import { readBcryptHash } from '../../../../src/services/accounts/passwords/bcrypt-hash.ts'

const tail = 'abcdefghijklmnopqrstuuG6ARPiTqIY4Axph0a5KBHp6CHdCo96.'

test('reads the three ways in which the same bcrypt is marked', (t) => {
  for (const mark of ['2a', '2b', '2y'])
    t.deepEqual(readBcryptHash(`$${mark}$12$${tail}`), { text: `$${mark}$12$${tail}`, cost: 12 })
})

test('refuses the mark of the library that made faulty hashes, and of others', (t) => {
  for (const mark of ['2', '2x', '2z', '1', '6', '2B', '']) t.is(readBcryptHash(`$${mark}$12$${tail}`), 'unreadable')
})

test('takes no hash that would cost minutes', (t) => {
  t.is(readBcryptHash(`$2b$31$${tail}`), 'too_costly')
  t.is(readBcryptHash(`$2b$16$${tail}`), 'too_costly')
  t.is(readBcryptHash(`$2b$99$${tail}`), 'too_costly')
  t.like(readBcryptHash(`$2b$15$${tail}`), { cost: 15 })
  t.like(readBcryptHash(`$2b$04$${tail}`), { cost: 4 })
  t.is(readBcryptHash(`$2b$03$${tail}`), 'unreadable')
  t.is(readBcryptHash(`$2b$00$${tail}`), 'unreadable')
})

test('refuses what no library would write', (t) => {
  const good = `$2b$12$${tail}`
  const bad = [
    good.slice(0, -1),
    `${good}.`,
    `${good}\n`,
    ` ${good}`,
    good.replace('$12$', '$4$'),
    good.replace('$12$', '$012$'),
    good.replace('$12$', '$1e$'),
    good.replace('a', '?'),
    // Bits that mean nothing, in the salt and in the digest.
    good.replace('uuG6', 'uvG6'),
    `${good.slice(0, -1)}/`,
    'x'.repeat(10_000_000),
  ]
  for (const text of bad) t.is(readBcryptHash(text), 'unreadable', text.slice(0, 80))
})

test('reads any text without a throw', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\$2.\$\d\d\$.{50,54}$/)), (text) => {
      const hash = readBcryptHash(text)
      t.true(typeof hash === 'string' || (hash.text === text && hash.cost <= 15))
    }),
    { numRuns: 2_000 },
  )
})
