import { format, inspect } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { Password, readPassword } from '../../../../src/services/accounts/passwords/password.ts'
import { createLog } from '../../../../src/services/log.ts'
import { passwordOf } from '../../../fixtures/bcrypt/hasher.ts'

const secret = 'correct horse battery staple'

test('takes 72 bytes and refuses 73, however many characters they are', (t) => {
  t.is(passwordOf('x'.repeat(72)).reveal(), 'x'.repeat(72))
  t.is(readPassword('x'.repeat(73)), 'too_long')
  t.is(passwordOf('🔑'.repeat(18)).reveal(), '🔑'.repeat(18))
  t.is(readPassword(`${'🔑'.repeat(18)}x`), 'too_long')
  t.is(readPassword('x'.repeat(100_000_000)), 'too_long')
})

test('counts the bytes of what is hashed, not of what was typed', (t) => {
  t.is(passwordOf('a\u0308'.repeat(36)).reveal(), 'ä'.repeat(36))
  t.is(readPassword('a\u0308'.repeat(37)), 'too_long')
  // Four code points for one letter, as long as any typed text can be that is short enough.
  t.is(passwordOf('\u03b1\u0313\u0300\u0345'.repeat(24)).reveal(), '\u1f82'.repeat(24))
  // A letter that NFC takes apart.
  t.is(readPassword('\u0958'.repeat(24)), 'too_long')
})

test('refuses what bcrypt would cut or a text cannot hold', (t) => {
  t.is(readPassword(''), 'empty')
  t.is(readPassword('correct\0horse'), 'nul')
  t.is(readPassword('\0'), 'nul')
  t.is(readPassword('correct \ud800 horse'), 'malformed')
  t.is(readPassword('\udc00\ud800'), 'malformed')
})

test('one text in two normal forms is one password', (t) => {
  t.is(passwordOf('pässwört').reveal(), passwordOf('pa\u0308sswo\u0308rt').reveal())
  t.deepEqual(passwordOf('pässwört').revealForms(), ['pässwört'])
  t.deepEqual(passwordOf('pa\u0308sswo\u0308rt').revealForms(), ['pässwört', 'pa\u0308sswo\u0308rt'])
  t.not(passwordOf('ﬁne').reveal(), passwordOf('fine').reveal())
})

test('spaces stay, also in front and behind', (t) => {
  t.is(passwordOf('  two  spaces  ').reveal(), '  two  spaces  ')
})

test('reads any text, and keeps none that bcrypt would cut', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (text) => {
      const password = readPassword(text)
      if (!(password instanceof Password)) return
      const kept = password.reveal()
      t.true(Buffer.byteLength(kept) <= 72)
      t.is(kept, text.normalize('NFC'))
      t.is(passwordOf(kept).reveal(), kept)
      for (const form of password.revealForms()) t.true(Buffer.byteLength(form) <= 72)
    }),
    { numRuns: 2_000 },
  )
})

test('shows itself in no log, error, dump or copy', (t) => {
  const password = passwordOf(secret)
  let logged = ''
  const log = createLog({ pretty: false, destination: { write: (line) => (logged += line) } })
  log.info({ password, deep: { password } }, 'a login of %s', password)
  log.error({ err: new Error('no', { cause: password }) }, 'failed')
  const shown = [
    logged,
    `${password}`,
    String(password),
    JSON.stringify({ password }),
    inspect(password, { showHidden: true, depth: 9 }),
    inspect({ deep: [{ password }] }, { depth: 9 }),
    format('%s %o %O %j', password, password, password, password),
    String(new Error('failed', { cause: password })),
    inspect(new Error('failed', { cause: password })),
    JSON.stringify(structuredClone(password)),
    JSON.stringify({ ...password }),
    Object.entries(password).join(),
    Object.getOwnPropertyNames(password).join(),
  ]
  t.true(logged.includes('a login of [password]'))
  for (const text of shown) t.false(text.includes('horse'), text)
})
