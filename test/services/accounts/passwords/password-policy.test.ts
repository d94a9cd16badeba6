import { randomInt } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { Password, readPassword } from '../../../../src/services/accounts/passwords/password.ts'
import {
  type PasswordContext,
  PasswordPolicy,
  type PasswordRule,
} from '../../../../src/services/accounts/passwords/password-policy.ts'
import { passwordOf } from '../../../fixtures/bcrypt/hasher.ts'

const policy = await PasswordPolicy.open({ services: ['Orchard', 'orchard.example'] })
const nobody: PasswordContext = { names: [] }
const ann: PasswordContext = { names: ['ann.leigh@mail.example', 'Ann Leigh'] }
const withFactor: PasswordContext = { names: [], hasSecondFactor: true }

const check = (text: string, context = nobody): PasswordRule | undefined => policy.check(passwordOf(text), context)

test('asks for 15 characters, and for 8 beside a second factor', (t) => {
  t.is(check('tuvkqzhmwcxbpo'), 'too_short')
  t.is(check('tuvkqzhmwcxbpoe'), undefined)
  t.is(check('tuvkqzh', withFactor), 'too_short')
  t.is(check('tuvkqzhm', withFactor), undefined)
  t.is(policy.explain('too_short'), 'has fewer than 15 characters')
  t.is(policy.explain('too_short', withFactor), 'has fewer than 8 characters')
})

test('the policy may ask for more', async (t) => {
  const strict = await PasswordPolicy.open({ minimum: 20, minimumWithSecondFactor: 12 })
  t.is(strict.check(passwordOf('tuvkqzhmwcxbpoeadgs'), nobody), 'too_short')
  t.is(strict.check(passwordOf('tuvkqzhmwcxbpoeadgsy'), nobody), undefined)
  t.is(strict.check(passwordOf('tuvkqzhmwcx'), withFactor), 'too_short')
  t.is(strict.explain('too_short'), 'has fewer than 20 characters')
})

test('counts characters as Unicode does, after they are normalized', (t) => {
  t.is(check('🍏🎲🚲🪁🧲🛶🦔'), 'too_short')
  t.is(check('🍏🎲🚲🪁🧲🛶🦔🌵', withFactor), undefined)
  t.is(check('a\u0308o\u0308u\u0308e\u0308i\u0308y\u0308n\u0303', withFactor), 'too_short')
})

test('asks for no kind of character', (t) => {
  for (const text of [
    'tuvkqzhmwcxbpoe',
    'TUVKQZHMWCXBPOE',
    '839201746501928',
    '} ~ { ^ | ; < > ',
    'дбшюжэцхфъыяёвн',
    'wet snow on a tin roof',
  ])
    t.is(check(text), undefined, text)
})

test('refuses what many people have, however they write it', (t) => {
  const common = [
    'worldofwarcraft',
    'WorldOfWarcraft',
    'cristianoronaldo',
    'manchesterunited',
    'ManchesterUnited1',
    'stairwaytoheaven',
    'polniypizdec0211',
    'liverpool2026!!',
    'P@ssw0rd12345678',
  ]
  for (const text of common) t.true(['common', 'sequential', 'repetitive'].includes(check(text) ?? ''), text)
  for (const text of [
    'worldofwarcraft',
    'WorldOfWarcraft',
    'cristianoronaldo',
    'm4nch3$t3run1t3d',
    'RedHamsterBlueHamster',
  ])
    t.is(check(text), 'common')
  for (const text of ['password', 'Password1', 'P@ssw0rd', 'iloveyou', 'trustno1', 'football!', 'ｐａｓｓｗｏｒｄ'])
    t.is(check(text, withFactor), 'common', text)
})

test('refuses what repeats itself', (t) => {
  const repeated = [
    'aaaaaaaaaaaaaaa',
    'passwordpassword',
    'xkqxkqxkqxkqxkq',
    'kd7wkd7wkd7wkd7w',
    '🔑'.repeat(15),
    'ab ab ab ab ab ab ',
  ]
  for (const text of repeated) t.true(['repetitive', 'common'].includes(check(text) ?? ''), text)
  t.is(check('xkqxkqxkqxkqxkq'), 'repetitive')
  t.is(check('xkqwxkqw', withFactor), 'repetitive')
  t.is(check('19841984', withFactor), 'common')
})

test('refuses sequences of the alphabet, the digits and the keyboard, both ways and twined', (t) => {
  const sequences = [
    'abcdefghijklmno',
    'ponmlkjihgfedcba',
    '123456789012345',
    '987654321098765',
    'qwertyuiopasdfgh',
    'mnbvcxzlkjhgfdsa',
    '1qaz2wsx3edc4rfv',
    'q1w2e3r4t5y6u7i8o9',
    '1a2s3d4f5g6h7j8k',
    'QWERTYUIOP[]asdf',
  ]
  for (const text of sequences) t.true(['sequential', 'common'].includes(check(text) ?? ''), text)
  t.is(check('ponmlkjihgfedcba'), 'sequential')
  t.is(check('7u6y5t4r3e2w1q'.padEnd(15, '0')), 'sequential')
})

test('refuses the names of the account and of the service, and little more', (t) => {
  const named = [
    'ann.leigh@mail.example',
    'AnnLeighAnnLeigh',
    'annleighorchard',
    'leigh-ann-2026!',
    'Orchard.Example!',
    'orchardorchard99',
    'Orchard1999-2026',
  ]
  for (const text of named) t.is(check(text, ann), 'context', text)
  t.is(check('ann went under a tin roof', ann), undefined)
  t.is(check('leigh-ann-2026!', { names: ['bob'] }), undefined)
})

test('names of any shape do no harm', (t) => {
  for (const name of ['', '@', '.', '...', 'a', 'x'.repeat(1_000_000), '\ud800', '(?:', '$&'])
    t.is(check('wet snow on a tin roof', { names: [name] }), undefined, name.slice(0, 20))
})

test('lets pass whatever was drawn by chance', (t) => {
  const draw = (letters: string, length: number) =>
    Array.from({ length }, () => letters[randomInt(letters.length)]).join('')
  const base62 = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
  const refused = Array.from({ length: 2_000 }, () => [
    check(draw(base62, 15), ann),
    check(draw('0123456789abcdef', 32), ann),
    check(draw('abcdefghijklmnopqrstuvwxyz', 16), ann),
  ]).flat()
  t.true(refused.filter((rule) => rule !== undefined).length <= 2)
})

test('judges any password, and by the same rule each time', (t) => {
  const name = fc.string({ unit: 'grapheme', maxLength: 30 })
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.array(name),
      fc.boolean(),
      (text, names, hasSecondFactor) => {
        const password = readPassword(text)
        if (!(password instanceof Password)) return
        const context = { names, hasSecondFactor }
        const rule = policy.check(password, context)
        t.is(policy.check(password, context), rule)
        if ([...password.reveal()].length < (hasSecondFactor ? 8 : 15)) t.is(rule, 'too_short')
      },
    ),
    { numRuns: 2_000 },
  )
})

test('the longest password of the worst kind is judged at once', (t) => {
  t.timeout(120_000)
  for (const text of [`${'a'.repeat(71)}b`, 'ab'.repeat(36), 'abcabd'.repeat(12), '1!'.repeat(36), ' '.repeat(72)])
    t.true(Array.from({ length: 20 }, () => check(text)).every((rule) => rule !== undefined))
})

test('says what is wrong in a sentence that holds no password', (t) => {
  t.is(policy.explain('empty'), 'is empty')
  t.is(policy.explain('malformed'), 'holds half a character')
  t.is(policy.explain('nul'), 'holds a character that cannot be typed')
  t.is(policy.explain('too_long'), 'is longer than 72 bytes')
  t.is(policy.explain('common'), 'is one that many people have, or little more')
  t.is(policy.explain('context'), 'is little more than the name of the account or of the service')
  t.is(policy.explain('repetitive'), 'repeats itself')
  t.is(policy.explain('sequential'), 'follows the alphabet, the digits or the keyboard')
})
