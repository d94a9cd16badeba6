/** What pages of other origins do not get: nothing is read, and what has to be asked for first never reaches the service. */

import test, { type ExecutionContext } from 'ava'
import type { Page } from 'playwright-core'
import { patience } from '../../helpers/chromium.ts'
import { call, gate, openPage, openStage, type Stage } from './stage.ts'

const closing: (() => unknown)[] = []
let stage: Stage
test.before(async (t) => {
  t.timeout(3 * patience)
  stage = await openStage({ teardown: (close) => void closing.push(close) })
})
test.after.always(async () => {
  for (const close of closing.reverse()) await close()
})

const unlisted = {
  'another site': 'https://evil.example',
  'the name as the beginning of another': 'https://shop.example.evil',
  'the name as the end of another': 'https://notshop.example',
  'the name with a dot behind it': 'https://shop.example.',
  'a letter of another script': 'https://sh\u043ep.example',
  'a subdomain': 'https://blog.shop.example',
  'another scheme': 'http://shop.example',
  'another scheme, the other way round': 'https://old.example',
  'another port': 'https://shop.example:8443',
  'what a wildcard stands below': 'https://partner.example',
  'two labels where a wildcard stands for one': 'https://a.b.partner.example',
  'the end of a wildcard as the end of a label': 'https://evilpartner.example',
  'a wildcard as the beginning of another': 'https://a.partner.example.evil',
  'another scheme below a wildcard': 'http://a.partner.example',
  'another port below a wildcard': 'https://a.partner.example:8443',
}

let marks = 0

/** Calls in every way; whether each was read, and which reached the service. */
async function tryAll(page: Page | ReturnType<Page['frames']>[number]) {
  const mark = `mark=${++marks}`
  const asked = {
    method: { method: 'PUT' },
    removal: { method: 'DELETE' },
    header: { headers: { 'X-Shop': '1' } },
    token: { headers: { Authorization: `Bearer ${stage.token}` } },
    type: { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
  }
  const read: number[] = []
  for (const init of [{}, { credentials: 'include' }, ...Object.values(asked)])
    read.push((await call(page, `${gate}/?${mark}`, init)).status)
  return { read, reached: stage.service.asked.filter(({ what }) => what.endsWith(mark)).map(({ what }) => what[0]) }
}

const open = async (t: ExecutionContext, origin: string) => openPage(await stage.newContext(t), origin)

test('pages of origins that are not listed, however close to those that are, read nothing and change nothing', async (t) => {
  const context = await stage.newContext(t)
  for (const [what, origin] of Object.entries(unlisted)) {
    const page = await openPage(context, origin)
    const { read, reached } = await tryAll(page)
    t.deepEqual(new Set(read), new Set([0]), what)
    t.deepEqual(reached, ['G', 'G'], what)
    t.is((await call(page, `${gate}/anyone`)).status, 200, `${what} reaches the gate`)
    await page.close()
  }
})

test('frames and documents without an origin of their own read nothing, wherever they stand', async (t) => {
  const page = await open(t, 'https://shop.example')
  const source = '<p>framed'
  const frames = {
    'a frame in a sandbox': `<iframe sandbox="allow-scripts" srcdoc="${source}"></iframe>`,
    'a frame in a sandbox that is loaded':
      '<iframe sandbox="allow-scripts" src="https://shop.example/framed"></iframe>',
    'a document of its own': `<iframe src="data:text/html,${source}"></iframe>`,
  }
  for (const [what, element] of Object.entries(frames)) {
    const attached = page.waitForEvent('frameattached')
    await page.evaluate(`document.body.insertAdjacentHTML('beforeend', ${JSON.stringify(element)})`)
    const frame = await attached
    await frame.locator('body').waitFor({ state: 'attached' })
    t.is(await frame.evaluate('self.origin'), 'null', what)
    const { read, reached } = await tryAll(frame)
    t.deepEqual([new Set(read), reached], [new Set([0]), ['G', 'G']], what)
    t.is((await call(frame, `${gate}/anyone`)).status, 0, `${what} is not anyone`)
  }
  t.true(stage.service.asked.some(({ origin }) => origin === 'null'))
})

test('a listed page does not get methods, headers and routes that are not', async (t) => {
  const page = await open(t, 'https://shop.example')
  const before = stage.service.asked.filter(({ what }) => what.includes('refused')).length
  for (const [what, url, init] of [
    ['a method of no route', '/?refused', { method: 'PATCH' }],
    ['a method in lower case', '/?refused', { method: 'patch' }],
    ['a header', '/?refused', { headers: { 'X-Other': '1' } }],
    ['a header beside a listed one', '/?refused', { headers: { 'X-Shop': '1', 'X-Other': '1' } }],
    ['a route without cors', '/nobody', {}],
    ['a route without cors, asked for', '/nobody', { headers: { 'X-Shop': '1' } }],
    ['cookies where none may come', '/kept', { credentials: 'include' }],
  ] as const)
    t.is((await call(page, `${gate}${url}`, init)).status, 0, what)
  t.is(stage.service.asked.filter(({ what }) => what.includes('refused')).length, before)
})

test('a page that hides who it is, or asks for no answer, reads nothing either', async (t) => {
  const page = await open(t, 'https://evil.example')
  const opaque = await page.evaluate(
    `fetch('${gate}/', { mode: 'no-cors', credentials: 'include' }).then(({ type, status }) => [type, status], () => ['blocked', 0])`,
  )
  t.deepEqual((opaque as [string, number])[1], 0)
  for (const init of [{ referrerPolicy: 'no-referrer' }, { mode: 'same-origin' }, { keepalive: true }])
    t.is((await call(page, `${gate}/`, init)).status, 0)
})

test('a page that is sent on reads as far as its origin comes along', async (t) => {
  const page = await open(t, 'https://shop.example')
  const own = (to: string) => `/to?${encodeURIComponent(to)}`
  const moved = (to: string) => `${gate}/moved?${encodeURIComponent(to)}`
  t.is((await call(page, own(`${gate}/`))).status, 200)
  t.is((await call(page, own(`${gate}/`), { method: 'PUT', body: 'a' })).status, 200)
  t.is((await call(page, moved('/'))).status, 200)
  t.is((await call(page, moved('/'), { method: 'PUT', body: 'a' })).status, 200)
  // Sent over another origin, a page says `null`.
  t.is((await call(page, `https://evil.example/to?${encodeURIComponent(`${gate}/`)}`)).status, 0)
  t.is((await call(page, moved(`https://evil.example/to?${encodeURIComponent(`${gate}/`)}`))).status, 0)
  const other = await open(t, 'https://evil.example')
  t.is((await call(other, `https://shop.example/to?${encodeURIComponent(`${gate}/`)}`)).status, 0)
  t.is((await call(other, moved('https://evil.example/'))).status, 0)
})
