/** Forms in the spelling of a query, over real HTTP: what is let in, what is refused and how, and what goes on. */

import test from 'ava'
import { faultsIn, hostInput, type InputBlock } from '../helpers/input-host.ts'

const form = 'application/x-www-form-urlencoded'
const post = (body: string | Uint8Array, type = form) => ({ method: 'POST', headers: { 'content-type': type }, body })

const contact: InputBlock = {
  contentTypes: [form],
  body: {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', maxLength: 20 },
      age: { type: 'integer', minimum: 0 },
      news: { type: 'boolean' },
      tags: { type: 'array', items: { type: 'integer' }, maxItems: 3 },
    },
  },
}

/** body → what is handed on, the faults, or the message of a 400. */
const bodies: [body: string, expected: object | string[] | string][] = [
  ['name=Ann+Lee&age=7&news=true', { name: 'Ann Lee', age: 7, news: true }],
  ['name=%C3%A9%26%3D', { name: 'é&=' }],
  ['&&name=a&', { name: 'a' }],
  ['name=a&tags=1&tags=2', { name: 'a', tags: [1, 2] }],
  ['name=a&tags=1', { name: 'a', tags: [1] }],
  ['name', { name: '' }],
  ['name=a b', { name: 'a b' }],
  ['name=a&name=b', ['body /name type']],
  ['age=1', ['body /name required']],
  ['name=a&age=0x10', ['body /age type']],
  ['name=a&age=+7', ['body /age type']],
  ['name=a&age=-1', ['body /age minimum']],
  ['name=a&other=1', ['body /other additionalProperties']],
  ['name=a&__proto__=1', ['body /__proto__ additionalProperties']],
  ['name=a&name[$gt]=', ['body /name[$gt] additionalProperties']],
  ['name=a&constructor[prototype]=x', ['body /constructor[prototype] additionalProperties']],
  ['name=%ff', 'Form has a malformed percent-encoding'],
  ['name=%', 'Form has a malformed percent-encoding'],
  ['name=%c0%ae', 'Form has a malformed percent-encoding'],
  ['name=é', 'Form has a character that is not percent-encoded'],
  ['name=a;age=1', 'Form has an unencoded `;`, which some readers take for `&`'],
  ['name=a%00b', 'Form has a control character'],
  ['na%00me=b', 'Form has a control character'],
  ['name=a\0', 'Form has a control character'],
  ['name=a\r\n', 'Form has a control character'],
  ['name=a&_charset_=utf-16', 'Form asks to be read in another charset than UTF-8'],
  [`name=a&${'é'.repeat(51)}=1`, 'Form has a character that is not percent-encoded'],
  [`name=a&${'%c3%a9'.repeat(51)}=1`, 'Form has a field name longer than 100 bytes'],
  [Array.from({ length: 1001 }, () => 'a').join('&'), 'Form has more than 1000 fields'],
]

for (const [body, expected] of bodies) {
  test(`reads the form ${JSON.stringify(body.slice(0, 40))}`, async (t) => {
    const send = await hostInput(t, { ...contact, maxBytes: '10kb' })
    const answer = await send(post(body))
    if (typeof expected === 'string') t.deepEqual([answer.status, answer.body.message], [400, expected])
    else if (Array.isArray(expected)) t.deepEqual([answer.status, faultsIn(answer.body)], [422, expected])
    else {
      t.deepEqual([answer.status, answer.body.body], [200, expected])
      t.is(answer.body.replaced, undefined, 'the original goes on')
    }
  })
}

test('a form goes on anew where a transform or a default changed it, and as it came where none did', async (t) => {
  const send = await hostInput(t, {
    contentTypes: [form],
    body: {
      type: 'object',
      properties: { q: { type: 'string', transform: ['trim'] }, page: { type: 'integer', default: 1 } },
    },
  })
  const replaced = async (body: string) => (await send(post(body))).body.replaced
  t.is(await replaced('q=+a%26b%3D+'), 'q=a%26b%3D&page=1')
  t.is(await replaced('page=2&q=a%26b'), undefined)
  t.is(await replaced('page=2.0e0'), undefined)
})

test('an open form takes other fields as texts', async (t) => {
  const send = await hostInput(t, { contentTypes: [form], body: { type: 'object', additionalProperties: true } })
  const { status, body } = await send(post('a=1&a=2&__proto__=x&c[d]=3'))
  t.is(status, 200)
  t.deepEqual(Object.entries(body.body), [
    ['a', ['1', '2']],
    ['__proto__', 'x'],
    ['c[d]', '3'],
  ])
})

test('JSON and forms are read by their content type on one route, each in its own way', async (t) => {
  const send = await hostInput(t, { ...contact, contentTypes: ['application/json', form] })
  t.deepEqual((await send(post('{"name":"a","age":7}', 'application/json'))).body.body, { name: 'a', age: 7 })
  t.deepEqual((await send(post('name=a&age=7'))).body.body, { name: 'a', age: 7 })
  t.deepEqual(faultsIn((await send(post('{"name":"a","age":"7"}', 'application/json'))).body), ['body /age type'])
  t.is((await send(post('name=a', 'application/json'))).status, 400)
  t.deepEqual(faultsIn((await send(post('{"name":"a"}'))).body)?.sort(), [
    'body /name required',
    'body /{"name":"a"} additionalProperties',
  ])
})

for (const type of ['application/x-www-form-urlencoded; charset=utf-8', 'APPLICATION/X-WWW-FORM-URLENCODED'])
  test(`takes a form of type \`${type}\``, async (t) => {
    t.is((await (await hostInput(t, contact))(post('name=a', type))).status, 200)
  })

for (const type of [
  'application/x-www-form-urlencoded; charset=utf-16',
  'application/x-www-form-urlencoded; charset=iso-8859-1',
  'application/x-www-form-urlencoded, application/json',
  'application/json',
  'application/x-www-form-urlencodedx',
  'multipart/form-data; boundary=x',
  'text/plain',
  '',
])
  test(`refuses a form of type \`${type}\``, async (t) => {
    const { status, headers } = await (await hostInput(t, contact))(post('name=a', type))
    t.is(status, 415)
    if (!type.includes('charset')) t.is(headers.accept, form)
  })

test('a form that says it is compressed, or is larger than the route takes, is refused unread', async (t) => {
  const send = await hostInput(t, contact)
  const compressed = { ...post('name=a'), headers: { 'content-type': form, 'content-encoding': 'gzip' } }
  t.is((await send(compressed)).status, 415)
  t.is((await send(post(`name=${'a'.repeat(1024)}`))).status, 413)
})

test('a default that no form can carry is refused, and never written as something else', async (t) => {
  const body = { type: 'object', properties: { place: { $ref: '#/schemas/Place' } } } as const
  const send = await hostInput(t, { contentTypes: [form], body }, { Place: { type: 'object', default: {} } })
  t.deepEqual(faultsIn((await send(post('&'))).body), ['body /place transform'])
})
