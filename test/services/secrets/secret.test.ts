/** Secrets print as their names; what logs and crashes write has names in their place. */

import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { createLog } from '../../../src/services/log.ts'
import { coverText, maskSecrets } from '../../../src/services/secrets/mask.ts'
import { Secret } from '../../../src/services/secrets/secret.ts'

const text = 'q8Zr3Xv7"\\\nW2mKp5Yt9LbN4cDf6Gh'

test('prints as its name, wherever it gets, and only `reveal` gives the text', (t) => {
  const secret = new Secret('shop#key', text)
  const printed = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect({ a: { b: [secret] } }, { depth: 9, showHidden: true }),
    new Error(`no: ${secret}`).message,
    JSON.stringify(Object.entries(secret)),
    inspect(new Map([['a', secret]])),
  ]
  for (const line of printed) t.notRegex(line, /q8Zr|W2mK/)
  t.is(printed[0], '[secret shop#key]')
  t.is(secret.reveal(), text)
  t.true(secret.isSame(new Secret('other', text)))
  t.false(secret.isSame(undefined))
})

test('a log line has names in place of secrets, in whatever spelling', (t) => {
  new Secret('shop', text)
  const lines: string[] = []
  for (const pretty of [true, false]) {
    const log = createLog({ pretty, destination: { write: (line) => void lines.push(line) } })
    log.error({ err: new Error(`bad ${text}`), url: `http://h/?a=${encodeURIComponent(text)}` }, `it is ${text}`)
    log.info({ deep: { text, json: JSON.stringify({ text }) } })
  }
  t.notRegex(lines.join(''), /q8Zr3Xv7|W2mKp5/)
  t.regex(lines.join(''), /\[secret shop/)
})

test('covers a key in PEM line by line, and what `base64:` stands before', (t) => {
  const line = 'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZ1'
  coverText(`-----BEGIN PRIVATE KEY-----\n${line}\n${line.toLowerCase()}\n-----END PRIVATE KEY-----\n`, 'tls')
  coverText('base64:a2V5LW9mLWEtcGFydG5lcg==', 'partner')
  t.is(maskSecrets(`read ${line}, and a2V5LW9mLWEtcGFydG5lcg==`), 'read [secret tls], and [secret partner]')
  t.is(maskSecrets('-----BEGIN PRIVATE KEY-----'), '-----BEGIN PRIVATE KEY-----')
})

test('the longer of two that begin alike is covered whole', (t) => {
  coverText('prefix-one', 'short')
  coverText('prefix-one-and-more', 'long')
  t.is(maskSecrets('prefix-one-and-more prefix-one'), '[secret long] [secret short]')
})

test('leaves short texts alone, and forgets the oldest of too many', (t) => {
  coverText('true', 'short')
  t.is(maskSecrets('true'), 'true')
  coverText('the-very-oldest', 'old')
  for (let number = 0; number < 4_000; number++) coverText(`another-secret-${number}`, 'many')
  t.is(maskSecrets('the-very-oldest'), 'the-very-oldest')
  t.is(maskSecrets('another-secret-3999'), '[secret many]')
})

test('texts that are very large break no line of the log', (t) => {
  const large = Array.from({ length: 50 }, () =>
    randomBytes(48_000)
      .toString('base64')
      .replace(/(.{64})/g, '$1\n'),
  )
  for (const text of large) coverText(text, 'large')
  t.is(maskSecrets('a line'), 'a line')
  t.is(maskSecrets(`it is ${large.at(-1)}`), 'it is [secret large]')
})

test('no text breaks it, and none gets through', (t) => {
  fc.assert(
    fc.property(fc.string({ minLength: 8, unit: 'binary' }), (written) => {
      if (written.trim().length < 8) return
      coverText(written, 'x')
      t.false(maskSecrets(`a ${written} b`).includes(written))
      t.false(maskSecrets(JSON.stringify({ written })).includes(JSON.stringify(written).slice(1, -1)))
    }),
    { numRuns: 300 },
  )
})
