import test from 'ava'
import fc from 'fast-check'
import { Denial } from '../../../src/core/denial.ts'
import { craft, now, seal } from '../../fixtures/tokens/craft.ts'
import { hmacKey } from '../../fixtures/tokens/keys.ts'
import { good, hs, judge, openCorp } from '../../fixtures/tokens/open.ts'

const badHeaders: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  crit: { crit: ['exp'] },
  'an empty crit': { crit: [] },
  'a null crit': { crit: null },
  'b64 false': { b64: false },
  'b64 true': { b64: true },
  enc: { enc: 'A128GCM' },
  zip: { zip: 'DEF' },
  'a nested token': { cty: 'JWT' },
  'a nested token in small letters': { cty: 'application/jwt' },
  'a numeric kid': { kid: 1 },
  'a null kid': { kid: null },
  'a list as kid': { kid: ['a'] },
  'a numeric typ': { typ: 1 },
  'alg as a list': { alg: ['HS256'] },
  'alg null': { alg: null },
}
for (const [what, header] of Object.entries(badHeaders)) {
  test(`refuses a header with ${what}`, async (t) => {
    t.regex(await judge(hs, craft({ ...good, header })), /^token_invalid: the header/)
  })
}

const badTexts: Readonly<Record<string, string | Buffer>> = {
  'a duplicate member': '{"alg":"HS256","alg":"HS256"}',
  'a duplicate member in an escape': '{"alg":"HS256","\\u0061lg":"HS256"}',
  'a byte order mark': '\ufeff{"alg":"HS256"}',
  'a list': '["HS256"]',
  null: 'null',
  text: '"HS256"',
  nothing: ' ',
  'trailing text': '{"alg":"HS256"}x',
  'invalid UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
  'a number that is not finite': '{"alg":"HS256","x":1e999}',
  'depth without end': `{"alg":"HS256","x":${'['.repeat(100)}${']'.repeat(100)}}`,
}
for (const [what, raw] of Object.entries(badTexts)) {
  test(`refuses a header that is ${what}`, async (t) => {
    t.regex(await judge(hs, craft({ ...good, rawHeader: raw })), /^token_invalid: the header or the payload/)
  })
  test(`refuses a payload that is ${what}`, async (t) => {
    const rawClaims =
      typeof raw === 'string'
        ? raw
            .replaceAll('"alg":"HS256"', '"iss":"https://login.example/"')
            .replace('\\u0061lg":"HS256"', '\\u0069ss":"x"')
        : raw
    t.regex(await judge(hs, craft({ ...good, rawClaims })), /^token_invalid: the header or the payload/)
  })
}

test('refuses whatever is not three parts of canonical base64url', async (t) => {
  const [head = '', body = '', signature = ''] = craft(good).split('.')
  const stray = `${signature.slice(0, -1)}${String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1)}`
  const texts = [
    '',
    '.',
    '..',
    'a.b',
    `${head}.${body}`,
    `${head}.${body}.`,
    `.${body}.${signature}`,
    `${head}..${signature}`,
    `${head}.${body}.${signature}.`,
    `${head}.${body}.${signature}.x.y`,
    `.${head}.${body}.${signature}`,
    `${head}.${body}.${signature}=`,
    `${head}=.${body}.${signature}`,
    ` ${head}.${body}.${signature}`,
    `${head}.${body}.${signature}\n`,
    `${head}.${body}.${stray}`,
    `${head}.${body} .${signature}`,
    `${head}.${body}.${signature}\u0000`,
    `${head}\u2028.${body}.${signature}`,
    `${head}.${body}.é${signature}`,
    JSON.stringify({ protected: head, payload: body, signature }),
  ]
  for (const text of texts) t.regex(await judge(hs, text), /three parts of canonical base64url/, text)
  t.regex(await judge(hs, seal(`${head}.${body}+/`, 'HS256', hmacKey)), /three parts/)
})

test('refuses a token longer than 8 kB', async (t) => {
  const token = (length: number) => craft({ ...good, claims: { pad: 'x'.repeat(length) } })
  t.is(await judge(hs, token(5900)), 'u1')
  t.regex(await judge(hs, token(6200)), /longer than 8192/)
  t.regex(await judge(hs, 'a'.repeat(10_000_000)), /longer than 8192/)
})

test('accepts no token that differs from a good one in a single character', async (t) => {
  const verifier = await openCorp(hs)
  const token = craft(good)
  const edit = fc.tuple(fc.nat(token.length), fc.nat(2), fc.string({ unit: 'binary', maxLength: 3 }))
  fc.assert(
    fc.property(edit, ([at, cut, text]) => {
      const edited = token.slice(0, at) + text + token.slice(at + cut)
      return edited === token || verifier.verify(edited) instanceof Denial
    }),
    { numRuns: 2_000 },
  )
  t.false((await verifier.verify(token)) instanceof Denial)
})

test('refuses a signed payload that is no object, and never throws at one that is', async (t) => {
  const verifier = await openCorp(hs)
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom('https://login.example/', 'orders-api', 'HS256', now + 600))
  const member = fc.constantFrom('iss', 'aud', 'sub', 'exp', 'nbf', 'scope', 'roles', 'alg', 'kid', 'typ', '__proto__')
  fc.assert(
    fc.property(fc.dictionary(member, value), fc.dictionary(member, value), (header, claims) => {
      verifier.verify(craft({ ...good, header, claims }))
      return verifier.verify(craft({ ...good, header, claims: [claims] })) instanceof Denial
    }),
  )
  t.pass()
})
