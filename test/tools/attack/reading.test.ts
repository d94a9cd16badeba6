/** How answers are judged from without: nothing that the engine cut is taken for too much, and what it left is found. */

import test from 'ava'
import fc from 'fast-check'
import type { Principal } from '../../../src/core/principal.ts'
import { filterItems } from '../../../src/guards/authorize/answer/filter-items.ts'
import { compileRoles } from '../../../src/services/roles/roles.ts'
import type { RoleRule } from '../../../src/services/roles/rule.ts'
import { weaknessOf } from '../../../src/tools/attack/judge-cookies.ts'
import type { Answer, Reader } from '../../../src/tools/attack/probe.ts'
import { judgeReading } from '../../../src/tools/attack/reading/judge-reading.ts'
import { isBound, rightOf } from '../../../src/tools/attack/reading/right.ts'
import { surplusOf } from '../../../src/tools/attack/reading/surplus.ts'
import { exchangeOf } from '../../helpers/exchange.ts'

const question = { action: 'read', subject: 'Order' }
const principal: Principal = { id: 'anna', issuer: 'i', scopes: [], roles: ['r'], claims: { n: 1 } }

const names = fc.constantFrom('a', 'b', 'c', 'd')
const scalars = fc.constantFrom('anna', 'bob', 0, 1, true, null)
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(names, tie('value'), { maxKeys: 4 }),
  ),
}))
const documents = fc.array(fc.dictionary(names, values, { maxKeys: 4 }), { maxLength: 4 })

const paths = fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'))
const patterns = fc.oneof(
  paths,
  paths.map((path) => `${path}.*`),
  paths.map((path) => `${path}.**`),
)
const operands = fc.oneof(
  fc.constantFrom('anna', 0, 1, true, null, '${user.id}', '${user.claims.n}', '${user.claims.none}', '${params.id}'),
  fc.constantFrom({ $ne: 1 }, { $in: ['anna', 1] }, { $gt: 0 }, { $exists: false }, { $exists: true }, { $size: 2 }),
  fc.constantFrom({ $elemMatch: { a: 1 } }, { $not: { $in: ['bob'] } }),
)
const plain = fc.dictionary(paths, operands, { minKeys: 1, maxKeys: 2 })
const conditions = fc.oneof(
  plain,
  fc.array(plain, { minLength: 1, maxLength: 2 }).map((all) => ({ $or: all })),
  fc.array(plain, { minLength: 1, maxLength: 2 }).map((all) => ({ $and: all })),
)
const rulesOf = (when: fc.Arbitrary<object>): fc.Arbitrary<readonly RoleRule[]> =>
  fc.array(
    fc
      .record(
        { word: fc.constantFrom('can', 'can', 'cannot'), fields: fc.array(patterns, { minLength: 1 }), when },
        { requiredKeys: ['word'] },
      )
      .map(({ word, ...rest }) => ({ [word]: 'read', subject: 'Order', ...rest }) as unknown as RoleRule),
    { minLength: 1, maxLength: 4 },
  )

/** What the engine leaves of documents. */
function cut(rules: readonly RoleRule[], all: readonly unknown[]) {
  const exchange = exchangeOf({ principal, input: { params: { id: 'bob' } } } as never)
  const judge = compileRoles({ r: rules }).reader(question, ['r'], exchange)
  const { text, withheld } = filterItems(JSON.stringify(all), { at: [], judge })
  return { left: JSON.parse(text ?? '[]') as readonly unknown[], withheld }
}

function surplus(rules: readonly RoleRule[], document: unknown): readonly string[] {
  const right = rightOf(rules, question, { principal, params: { id: 'bob' } })
  return surplusOf(document, right(document))
}

test('nothing that the engine leaves is too much, whatever conditions ask', (t) => {
  t.timeout(120_000)
  fc.assert(
    fc.property(rulesOf(conditions), documents, (rules, all) => {
      for (const document of cut(rules, all).left) t.deepEqual(surplus(rules, document), [])
    }),
    { numRuns: 600 },
  )
})

test('without conditions, all that the engine takes away is too much', (t) => {
  t.timeout(120_000)
  fc.assert(
    fc.property(rulesOf(fc.constant(undefined as never)), documents, (drawn, all) => {
      const rules = drawn.map(({ when: _, ...rule }) => rule)
      const { withheld } = cut(rules, all)
      const found = all.filter((document) => Object.keys(document).length > 0).flatMap((each) => surplus(rules, each))
      const empty = all.filter((document) => Object.keys(document).length === 0).length
      const left = withheld.fields + withheld.items
      if (found.length > 0) t.true(left > 0)
      if (left > empty) t.true(found.length > 0)
    }),
    { numRuns: 600 },
  )
})

test('whose document it surely is not is too much as a whole, where its owner shows', (t) => {
  const rules: RoleRule[] = [{ can: 'read', subject: 'Order', when: { ownerId: '${user.id}' } }]
  t.deepEqual(surplus(rules, { id: 1, ownerId: 'bob' }), [''])
  t.deepEqual(surplus(rules, { id: 1, ownerId: 'anna' }), [])
  t.deepEqual(surplus(rules, { id: 1 }), [])
  t.deepEqual(
    surplus([...rules, { cannot: 'read', subject: 'Order', fields: ['a/b'], when: { id: 1 } }], { id: 1, 'a/b': 2 }),
    ['/a~1b'],
  )
  const unfilled: RoleRule[] = [{ can: 'read', subject: 'Order', when: { ownerId: '${env:OWNER}' } }]
  t.deepEqual(surplus(unfilled, { ownerId: 'bob' }), [])
})

test('what is no object in a list goes, where only members of its objects may be read', (t) => {
  const rules: RoleRule[] = [{ can: 'read', subject: 'Order', fields: ['lines.sku'] }]
  const all = [{ lines: [7, { sku: 'a' }] }]
  t.deepEqual(cut(rules, all), { left: [{ lines: [{ sku: 'a' }] }], withheld: { fields: 1, items: 0 } })
  t.deepEqual(surplus(rules, all[0]), ['/lines/0'])
})

test('the length of a list that may have been cut says nothing', (t) => {
  const rules: RoleRule[] = [
    { can: 'read', subject: 'Order', fields: ['lines.sku'] },
    { can: 'read', subject: 'Order', fields: ['id'], when: { lines: { $size: 2 } } },
  ]
  const { left } = cut(rules, [{ id: 1, lines: [{ sku: 'a' }, { cost: 2 }] }])
  t.deepEqual(left, [{ id: 1, lines: [{ sku: 'a' }] }])
  t.deepEqual(surplus(rules, left[0]), [])
})

test('a role is bound unless it may read all', (t) => {
  t.false(isBound([{ can: 'manage', subject: 'all' }], question))
  t.true(
    isBound(
      [
        { can: 'manage', subject: 'all' },
        { cannot: 'read', subject: 'Order', fields: ['a'] },
      ],
      question,
    ),
  )
  t.true(isBound([{ can: 'read', subject: 'Order', fields: ['a'] }], question))
  t.true(isBound([{ can: 'read', subject: 'Invoice' }], question))
  t.true(isBound([], question))
})

const reader = (role: string, most: readonly string[]): Reader => ({
  role,
  isBound: most.length === 0 || most[0] !== '*',
  probe: { guard: 'authorize', route: 'GET /', source: { file: 'a', line: 1 }, title: role } as never,
  surplus: (document) =>
    most[0] === '*'
      ? []
      : Object.keys(document as object)
          .filter((name) => !most.includes(name))
          .map((name) => `/${name}`),
})
const answer = (status: number, body: string, type = 'application/json'): Answer => ({
  status,
  headers: { 'content-type': type },
  cookies: [],
  body,
  isWhole: body.length < 70_000,
  milliseconds: 1,
})
const whys = ({ findings, untried, sound }: ReturnType<typeof judgeReading>) => ({
  findings: findings.map(({ message }) => message),
  untried: untried.map(({ why }) => why),
  sound: sound.map(({ role }) => role),
})

test('an answer proves a cut only where another one holds what was cut', (t) => {
  const [all, some] = [reader('all', ['*']), reader('some', ['id'])]
  const judge = (one: Answer | string, other: Answer | string) =>
    whys(
      judgeReading(
        [],
        [
          { reader: all, answer: one },
          { reader: some, answer: other },
        ],
      ),
    )
  const [whole, part] = [answer(200, '[{"id":1,"card":2}]'), answer(200, '[{"id":1}]')]
  t.deepEqual(judge(whole, part), { findings: [], untried: [], sound: ['some'] })
  t.deepEqual(judge(whole, answer(403, '{"code":"forbidden"}')), { findings: [], untried: [], sound: ['some'] })
  t.deepEqual(judge(part, part).untried, ['no answer held what `some` may not read'])
  t.deepEqual(judge(answer(404, ''), part).untried, ['no answer held what `some` may not read'])
  t.deepEqual(judge(whole, whole).findings, ['expected `/0/card` to be left out, it was answered'])
  t.deepEqual(judge(whole, answer(502, '{}')).untried, ['it was answered 502, which holds no document'])
  t.deepEqual(judge(whole, answer(200, 'id,card', 'text/csv')).findings, [
    'expected 502 `upstream_failed`, 200 came with what cannot be cut',
  ])
  t.deepEqual(judge(whole, answer(200, '[{')).findings, [
    'expected 502 `upstream_failed`, 200 came with what cannot be cut',
  ])
  t.deepEqual(judge(whole, answer(200, `["${'x'.repeat(70_000)}"]`)).untried, [
    'the answer is longer than what is read of it',
  ])
  t.deepEqual(judge(whole, 'expected an answer, there was none').findings, ['expected an answer, there was none'])
})

test('a document is looked for where the policy says that it stands', (t) => {
  const some = reader('some', ['id'])
  const judge = (body: string) => whys(judgeReading(['a', 'items'], [{ reader: some, answer: answer(200, body) }]))
  t.deepEqual(judge('{"a":{"items":[{"id":1},{"id":2,"card":3}]},"card":4}').findings, [
    'expected `/a/items/1/card` to be left out, it was answered',
  ])
  t.deepEqual(judge('{"a":{"items":{"card":3}}}').findings, [
    'expected `/a/items/card` to be left out, it was answered',
  ])
  t.deepEqual(judge('{"a":{}}').findings, ['expected 502 `upstream_failed`, 200 came with what cannot be cut'])
})

test('a cookie is weaker than the policy by each attribute that it lacks', (t) => {
  const weakness = (cookie: string, block?: object, isSecure = false) =>
    weaknessOf(cookie, { source: { file: 'a', line: 1 }, block: block as never }, isSecure)
  const all = {
    secure: true,
    httpOnly: true,
    readable: ['theme'],
    sameSite: 'lax',
    hostOnly: true,
    allow: ['sid', 'theme'],
  }
  t.is(weakness('sid=1; Secure; HttpOnly; SameSite=Strict; Path=/', all), undefined)
  t.is(weakness('sid=1;secure ; HTTPONLY;\tsamesite=LAX', all), undefined)
  t.is(weakness('theme=1; Secure; SameSite=Lax', all), undefined)
  t.is(weakness('sid=1', all), 'expected `sid` to have `Secure`, `HttpOnly`, `SameSite=lax` or stricter')
  t.is(
    weakness('sid=1; Secure; HttpOnly; SameSite=Strict; SameSite=None', all),
    'expected `sid` to have `SameSite=lax` or stricter',
  )
  t.is(weakness('sid=1; Secure; HttpOnly; SameSite=Lax; Domain=', all), 'expected `sid` to have no `Domain`')
  t.is(weakness('sid=1; SameSite=Lax', { sameSite: 'strict' }), 'expected `sid` to have `SameSite=strict` or stricter')
  t.is(weakness('track=1', all), 'expected none of the name `track`, it was set')
  t.is(weakness('=1', all), 'expected a cookie with a name')
  t.is(weakness('sid', {}), 'expected a cookie with a name')
  t.is(weakness('sid=1'), undefined)
  t.is(weakness('sid=1', undefined, true), 'expected `sid` to have `Secure`')
  t.is(weakness('__Host-session=1', all), undefined)
})
