/** What browsers remember of the gate: the answers to preflights, and answers in their cache that several origins share. */

import test from 'ava'
import type { BrowserContext, Page } from 'playwright-core'
import { patience } from '../../helpers/chromium.ts'
import { until } from '../../helpers/until.ts'
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

/** The preflights that a page sends from here on, as the browser says. */
async function preflightsOf(context: BrowserContext, page: Page): Promise<readonly string[]> {
  const sent: string[] = []
  const session = await context.newCDPSession(page)
  session.on('Network.requestWillBeSent', ({ request }) => request.method === 'OPTIONS' && sent.push(request.url))
  await session.send('Network.enable')
  return sent
}

const asked = { headers: { 'X-Shop': '1' } }

test('a preflight is sent once in the time of maxAge, and again after it', async (t) => {
  const context = await stage.newContext(t)
  const page = await openPage(context, 'https://shop.example')
  const sent = await preflightsOf(context, page)
  for (let time = 0; time < 5; time++) t.is((await call(page, `${gate}/kept`, asked)).status, 200)
  await until(() => sent.length > 0)
  t.is(sent.length, 1)
  await until(async () => {
    t.is((await call(page, `${gate}/forgotten`, asked)).status, 200)
    return sent.length >= 3
  })
  t.is((await call(page, `${gate}/kept`, asked)).status, 200)
  t.is(sent.filter((url) => url.endsWith('/kept')).length, 1)
})

test('what one origin may is not remembered for another', async (t) => {
  const context = await stage.newContext(t)
  const [page, other] = [
    await openPage(context, 'https://shop.example'),
    await openPage(context, 'https://www.shop.example'),
  ]
  t.is((await call(page, `${gate}/kept`, asked)).status, 200)
  const sent = await preflightsOf(context, other)
  t.is((await call(other, `${gate}/kept`, asked)).status, 0)
  await until(() => sent.length > 0)
  t.is(sent.length, 1)
})

const origins = ['https://shop.example', 'https://www.shop.example', 'https://blog.shop.example']

const answerOf = ({ body }: { readonly body: string }): number => JSON.parse(body).answer

test('pages of one site share the cache, and each reads what is kept there only where its origin may', async (t) => {
  const context = await stage.newContext(t)
  const pages: Page[] = []
  for (const origin of origins) pages.push(await openPage(context, origin))
  const [page, listed, unlisted] = pages as [Page, Page, Page]
  for (const first of pages) {
    const url = `${gate}/cached?${pages.indexOf(first)}`
    // As an image would: without an origin.
    await first.evaluate(`fetch('${url}', { mode: 'no-cors' }).catch(() => {})`)
    for (const turn of [1, 2]) {
      const reads = [await call(page, url), await call(listed, url), await call(unlisted, url)]
      t.deepEqual(
        reads.map(({ status }) => status),
        [200, 200, 0],
        `${url} ${turn}`,
      )
    }
  }
  const url = `${gate}/cached?again`
  t.is(answerOf(await call(page, url)), answerOf(await call(page, url)))
})

test('an answer that is asked for again, and has not changed, is read as the first was', async (t) => {
  const context = await stage.newContext(t)
  const pages: Page[] = []
  for (const origin of origins) pages.push(await openPage(context, origin))
  for (const turn of [1, 2, 3])
    for (const [index, page] of pages.entries()) {
      const { status, headers } = await call(page, `${gate}/tagged`)
      t.deepEqual([status, headers.etag], index === 2 ? [0, undefined] : [200, '"v1"'], `${origins[index]} ${turn}`)
    }
})
