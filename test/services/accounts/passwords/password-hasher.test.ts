import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import runTask from '../../../../src/services/accounts/passwords/hash-worker.ts'
import type { PasswordHasher } from '../../../../src/services/accounts/passwords/password-hasher.ts'
import { hasherOf, passwordOf, refusal } from '../../../fixtures/bcrypt/hasher.ts'

interface Vector {
  readonly password: string
  readonly hash: string
}

/** Of pyca/bcrypt, jBCrypt and crypt_blowfish, as far as the password is text; the last four made with libxcrypt. */
const vectors: { matching: readonly Vector[]; failing: readonly (Vector & { fault: string | null })[] } = JSON.parse(
  readFileSync(new URL('../../../fixtures/bcrypt/vectors.json', import.meta.url), 'utf8'),
)

const noMatch = { matches: false, needsRehash: false }

test('verifies the hashes of other libraries', async (t) => {
  t.timeout(120_000)
  const hasher = hasherOf(t)
  t.true(vectors.matching.length > 30)
  for (const { password, hash } of vectors.matching) {
    t.deepEqual(await hasher.verify(passwordOf(password), hash), { matches: true, needsRehash: false }, hash)
    const wrong = passwordOf(`${password.slice(0, -1)}!`)
    t.deepEqual(await hasher.verify(wrong, hash), noMatch, hash)
  }
})

test('matches no hash that is another one, or none', async (t) => {
  const hasher = hasherOf(t)
  for (const { password, hash, fault } of vectors.failing)
    t.deepEqual(await hasher.verify(passwordOf(password), hash), { ...noMatch, ...(fault && { fault }) }, hash)
  const costly = vectors.matching[0]?.hash.replace('$04$', '$31$') ?? ''
  t.deepEqual(await hasher.verify(passwordOf('x'), costly), { ...noMatch, fault: 'too_costly' })
})

test('what it hashes is verified, salted, and matches nothing else', async (t) => {
  t.timeout(120_000)
  const hasher = hasherOf(t)
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 17 })
  await fc.assert(
    fc.asyncProperty(text, text, async (one, other) => {
      const [password, another] = [passwordOf(one), passwordOf(other)]
      const hash = await hasher.hash(password)
      t.regex(hash, /^\$2b\$04\$[./A-Za-z0-9]{53}$/)
      t.not(await hasher.hash(password), hash)
      t.deepEqual(await hasher.verify(password, hash), { matches: true, needsRehash: false })
      t.is((await hasher.verify(another, hash)).matches, password.reveal() === another.reveal())
    }),
    { numRuns: 40 },
  )
})

test('every byte of 72 counts', async (t) => {
  const hasher = hasherOf(t)
  const hash = await hasher.hash(passwordOf(`${'x'.repeat(71)}a`))
  t.true((await hasher.verify(passwordOf(`${'x'.repeat(71)}a`), hash)).matches)
  t.false((await hasher.verify(passwordOf(`${'x'.repeat(71)}b`), hash)).matches)
  t.false((await hasher.verify(passwordOf('x'.repeat(71)), hash)).matches)
})

test('asks for a new hash where the cost has risen since, and only when the password is right', async (t) => {
  const [old, today] = [hasherOf(t), hasherOf(t, { cost: 5 })]
  const hash = await old.hash(passwordOf('yesterday'))
  t.deepEqual(await today.verify(passwordOf('yesterday'), hash), { matches: true, needsRehash: true })
  t.deepEqual(await today.verify(passwordOf('tomorrow'), hash), noMatch)
  const anew = await today.hash(passwordOf('yesterday'))
  t.deepEqual(await today.verify(passwordOf('yesterday'), anew), { matches: true, needsRehash: false })
  t.deepEqual(await old.verify(passwordOf('yesterday'), anew), { matches: true, needsRehash: false })
})

test('a hash that another system made of a text that was not normalized still matches, once', async (t) => {
  const hasher = hasherOf(t)
  // libxcrypt, of the decomposed text.
  const hash = '$2y$05$abcdefghijklmnopqrstuum9lCnawLObJBVkCAyZZ2zWBKjLuwVhC'
  const decomposed = passwordOf('pa\u0308sswo\u0308rt 🔑 你好 und mehr')
  t.deepEqual(await hasher.verify(decomposed, hash), { matches: true, needsRehash: true })
  const anew = await hasher.hash(decomposed)
  t.deepEqual(await hasher.verify(passwordOf('pässwört 🔑 你好 und mehr'), anew), { matches: true, needsRehash: false })
  t.deepEqual(await hasher.verify(decomposed, anew), { matches: true, needsRehash: false })
})

test('the default cost is 12', async (t) => {
  t.timeout(120_000)
  const hasher = hasherOf(t, { cost: undefined })
  t.is(hasher.cost, 12)
  t.regex(await hasher.hash(passwordOf('correct horse battery staple')), /^\$2b\$12\$/)
})

/** Microseconds of this thread's processor: they do not depend on who else works on the machine. */
function spent(cost: number, level: number): number {
  const forms = ['a wrong password']
  const hash = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`
  const before = process.threadCpuUsage()
  runTask({ kind: 'compare', forms, hash, cost, level })
  return process.threadCpuUsage(before).user
}

test('a wrong password is as much work for an old hash as for one of today', (t) => {
  spent(8, 8)
  const [old, today] = [spent(4, 9), spent(9, 9)]
  t.true(old > today / 2, `${old} ${today}`)
  t.true(today > old / 2, `${old} ${today}`)
})

/** What the threads are asked, in place of doing it. */
async function asked(t: ExecutionContext, ask: (hasher: PasswordHasher) => Promise<unknown>): Promise<unknown> {
  const hasher = hasherOf(t, {
    cost: 10,
    threads: 1,
    file: new URL('../../../fixtures/bcrypt/telling-worker.ts', import.meta.url),
  })
  const error = await refusal(ask(hasher))
  return JSON.parse(String((error.cause as Error).message))
}

test('no account, a wrong password, an old hash and one that cannot be read are the same work', async (t) => {
  t.timeout(120_000)
  const password = passwordOf('a wrong password')
  const old = await asked(t, (hasher) => hasher.verify(password, `$2b$06$${'.'.repeat(53)}`))
  t.like(old, { kind: 'compare', cost: 6, level: 10 })
  const today = await asked(t, (hasher) => hasher.verify(password, `$2b$10$${'.'.repeat(53)}`))
  t.like(today, { kind: 'compare', cost: 10, level: 10 })
  for (const ask of [
    (hasher: PasswordHasher) => hasher.verifyNothing(password),
    (hasher: PasswordHasher) => hasher.verify(password, 'garbage'),
    (hasher: PasswordHasher) => hasher.verify(password, `$2b$31$${'.'.repeat(53)}`),
  ])
    t.deepEqual(await asked(t, ask), today)
})

test('once a hash costlier than the policy is met, no account is as much work as that one', async (t) => {
  t.timeout(120_000)
  const password = passwordOf('a wrong password')
  const told = await asked(t, async (hasher) => {
    await t.throwsAsync(hasher.verify(password, `$2b$13$${'.'.repeat(53)}`))
    await hasher.verifyNothing(password)
  })
  t.like(told, { cost: 13, level: 13 })
})

test('nothing in what it answers or throws holds the password', async (t) => {
  const hasher = hasherOf(t, { threads: 1, file: new URL('../../../fixtures/bcrypt/slow-worker.ts', import.meta.url) })
  for (const text of ['throw correct-horse', 'die correct-horse']) {
    const error = await refusal(hasher.hash(passwordOf(text)))
    t.is(error.code, 'unavailable')
    t.false(inspect(error, { depth: 9, showHidden: true }).includes('correct-horse'))
  }
})

test('after its end it hashes no more', async (t) => {
  const hasher = hasherOf(t)
  await hasher.hash(passwordOf('x'))
  await hasher.close()
  await hasher.close()
  t.is((await refusal(hasher.hash(passwordOf('x')))).code, 'unavailable')
  t.is((await refusal(hasher.verify(passwordOf('x'), vectors.matching[0]?.hash ?? ''))).code, 'unavailable')
  t.is((await refusal(hasher.verifyNothing(passwordOf('x')))).code, 'unavailable')
  const unused = hasherOf(t)
  await unused.close()
})
