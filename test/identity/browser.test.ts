/** Sessions by cookie and `csrf` as a real browser meets them: on the host itself, on a sibling, and on another site. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import type { BrowserContext, Page } from 'playwright-core'
import { openChromium, patience } from '../helpers/chromium.ts'
import { until } from '../helpers/until.ts'
import { cookieName, openBrowserSite, password, username } from './browser-site.ts'

/** Sites of their own to a browser, but for the sibling, which shares one with the shop. */
const shop = 'shop.localhost'
const sibling = 'blog.shop.localhost'
const app = 'app.shop.localhost'
const other = 'evil.localhost'

const html = (body: string) => `<!doctype html><title>page</title><link rel="icon" href="data:,">${body}`

interface Stage {
  readonly context: BrowserContext
  /** The origin of the gate. */
  readonly origin: string
  /** What reached the destination of `POST /act`, by what the page said. */
  readonly done: string[]
  /** Why nothing reached it, each time. */
  refused(): readonly string[]
  /** A page of another origin, whose server also answers as it is told. */
  openPage(host: string, path?: string): Promise<Page>
  /** Serves this at a path of every other origin. */
  serve(path: string, answer: Served): void
  addressOf(host: string): string
}

interface Served {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
}

/** A gate and a server of pages, under names that a browser takes for several sites. */
async function openStage(t: ExecutionContext, times = 'refreshTtl: 30d'): Promise<Stage> {
  t.timeout(3 * patience)
  const done: string[] = []
  const answers = new Map<string, Served>([['/', { body: html('') }]])
  const pages = createServer((req, res) => {
    if (req.headers['x-user-id'] !== undefined || req.url?.startsWith('/shared')) done.push(req.url ?? '')
    const { status = 200, headers = {}, body = '' } = answers.get((req.url ?? '').replace(/\?.*/, '')) ?? {}
    res.writeHead(status, { 'Content-Type': 'text/html', ...headers } as never).end(body)
  })
  await new Promise<void>((listening) => pages.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    pages.closeAllConnections()
    pages.close()
  })
  const { port } = pages.address() as AddressInfo
  const addressOf = (host: string) => `http://${host}:${port}`
  const page = `authenticate: public, headers: { use: web, remove: [Content-Security-Policy] }, reply: { headers: { Content-Type: text/html }, body: '${html('')}' }`
  const listed = addressOf(app)
  const { gate, records } = await openBrowserSite(t, {
    times,
    routes: `
  GET /page: { because: a page, ${page} }
  POST /act: { input: { query: any, body: any }, upstream: 'http://127.0.0.1:${port}' }
  POST /shared:
    cors: { origins: ['${listed}', '${addressOf(sibling)}'], credentials: true }
    csrf: { origins: ['${listed}'] }
    input: { body: any }
    upstream: 'http://127.0.0.1:${port}'
`,
  })
  const context = await (await openChromium(t)).newContext()
  context.setDefaultTimeout(patience)
  const openPage = async (host: string, path = '/') => {
    const opened = await context.newPage()
    await opened.goto(host === shop ? `http://${shop}:${gate.port}/page` : `${addressOf(host)}${path}`)
    return opened
  }
  return {
    context,
    origin: `http://${shop}:${gate.port}`,
    done,
    refused: () => records.flatMap(({ reason }) => (typeof reason === 'string' ? [reason] : [])),
    openPage,
    serve: (path, answer) => void answers.set(path, answer),
    addressOf,
  }
}

/** What a page gets; a status of 0 for an answer that it may not read. */
const call = (page: Page, url: string, init: object = {}): Promise<{ status: number; body: string }> =>
  page.evaluate(
    `fetch(${JSON.stringify(url)}, ${JSON.stringify({ credentials: 'include', ...init })})
      .then(async (answer) => ({ status: answer.status, body: await answer.text() }), () => ({ status: 0, body: '' }))`,
  )

const json = { 'content-type': 'application/json' }
const logIn = (page: Page) =>
  call(page, '/login', { method: 'POST', headers: json, body: JSON.stringify({ username, password }) })

const sessionOf = async (context: BrowserContext) =>
  (await context.cookies()).filter(({ name }) => name.toLowerCase().includes('session'))

const plain = 'enctype="text/plain"'

/** Sends a form, and tells what the browser then shows. */
async function submit(page: Page, action: string, { attributes = '', name = 'a' } = {}): Promise<string> {
  const opened = page.waitForEvent('popup')
  await page.evaluate(
    `document.body.insertAdjacentHTML('beforeend', ${JSON.stringify(
      `<form method="post" target="_blank" action="${action}" ${attributes}><input name='${name}' value='b"}'></form>`,
    )}); document.forms[document.forms.length - 1].submit()`,
  )
  const popup = await opened
  await popup.waitForLoadState()
  const shown = await popup.locator('body').innerText()
  await popup.close()
  return shown
}

test('a page logs in, calls, goes on by itself in two tabs, and logs out', async (t) => {
  const { context, openPage } = await openStage(t, 'refreshTtl: 30d, accessTtl: 1s')
  const page = await openPage(shop)
  const login = await logIn(page)
  t.deepEqual([login.status, Object.keys(JSON.parse(login.body))], [200, ['expires_in']])
  t.like(await sessionOf(context), [{ name: cookieName, domain: shop, httpOnly: true, secure: true, sameSite: 'Lax' }])
  t.is(await page.evaluate('document.cookie'), '')
  const tabs = [page, await openPage(shop)]
  const ends = Date.now() + 3_500
  while (Date.now() < ends) {
    const calls = tabs.flatMap((tab) => Array.from({ length: 6 }, () => call(tab, '/orders')))
    for (const { status } of await Promise.all(calls)) t.is(status, 200)
  }
  t.is((await call(page, '/orders', { method: 'POST' })).status, 201)
  const [kept] = await sessionOf(context)
  t.is((await logIn(page)).status, 200)
  t.not((await sessionOf(context))[0]?.value, kept?.value)
  t.is((await call(page, '/logout', { method: 'POST' })).status, 204)
  t.deepEqual(await sessionOf(context), [])
  for (const tab of tabs) t.is((await call(tab, '/orders')).status, 401)
})

test('other origins change nothing: forms, scripts, frames without an origin, and detours', async (t) => {
  const { openPage, origin, done, serve, addressOf, ...stage } = await openStage(t)
  const page = await openPage(shop)
  await logIn(page)
  const text = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'a=b' }
  t.is((await call(page, '/act?own', text)).status, 200)
  t.deepEqual(done.splice(0), ['/act?own'])

  // A sibling is the same site, so that the cookie comes along.
  const near = await openPage(sibling)
  t.regex(await submit(near, `${origin}/act?near`), /csrf_rejected/)
  t.regex(await submit(near, `${origin}/act?plain`, { attributes: plain }), /csrf_rejected/)
  t.is((await call(near, `${origin}/act?near`, { ...text, mode: 'no-cors' })).status, 0)
  t.is((await call(near, `${origin}/act?near`, text)).status, 0)
  const before = stage.refused().length
  await near.evaluate(`navigator.sendBeacon('${origin}/act?beacon', 'a=b')`)
  await until(() => stage.refused().length > before)
  // To another site the cookie is not sent at all.
  const far = await openPage(other)
  t.regex(await submit(far, `${origin}/act?far`), /credential_missing/)
  t.is((await call(far, `${origin}/act?far`, { ...text, mode: 'no-cors' })).status, 0)

  // A frame without an origin says `null`, on the very host too.
  const form = `<form method="post" action="${origin}/act?null"><input name="a"></form><script>document.forms[0].submit()</script>`
  serve('/frame', { body: html(`<iframe sandbox="allow-scripts allow-forms" srcdoc='${form}'></iframe>`) })
  for (const host of [sibling, other]) {
    const before = stage.refused().length
    const framed = await openPage(host, '/frame')
    await until(() => stage.refused().length > before)
    t.deepEqual(stage.refused().slice(before), ['credential_missing'], host)
    await framed.close()
  }

  // Whoever is sent on by another site is no longer sent by this one.
  serve('/detour', { status: 307, headers: { Location: `${origin}/act?detour` } })
  t.regex(await submit(page, `${addressOf(sibling)}/detour`), /csrf_rejected/)
  t.regex(await submit(page, `${addressOf(other)}/detour`), /csrf_rejected|credential_missing/)

  // A link from elsewhere arrives logged in.
  const followed = await openPage(other)
  await followed.evaluate(`location.href = '${origin}/me'`)
  await followed.waitForURL(`${origin}/me`)
  t.regex(await followed.locator('body').innerText(), new RegExp(username))
  t.is((await call(page, '/act?last', text)).status, 200)
  t.deepEqual(done, ['/act?last'])
})

test('pages of other sites log nobody in, nor out', async (t) => {
  const { context, openPage, origin } = await openStage(t)
  const [near, far] = [await openPage(sibling), await openPage(other)]
  for (const page of [near, far]) {
    // With its value this is JSON.
    const name = `{"username":"${username}","password":"${password}","x":"`
    t.regex(await submit(page, `${origin}/login`, { attributes: plain, name }), /csrf_rejected/)
    const body = JSON.stringify({ username, password })
    await call(page, `${origin}/login`, { method: 'POST', mode: 'no-cors', body })
  }
  t.deepEqual(await sessionOf(context), [])
  const page = await openPage(shop)
  await logIn(page)
  t.regex(await submit(near, `${origin}/logout`), /csrf_rejected/)
  t.regex(await submit(far, `${origin}/logout`), /credential_missing/)
  t.is((await call(page, '/me')).status, 200)
})

test('a listed origin that may read changes something, and one that may only read does not', async (t) => {
  const { openPage, origin, done } = await openStage(t)
  await logIn(await openPage(shop))
  const text = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'a=b' }
  const near = await openPage(sibling)
  const refused = await call(near, `${origin}/shared`, text)
  t.deepEqual([refused.status, JSON.parse(refused.body).code], [403, 'csrf_rejected'])
  t.is((await call(await openPage(app), `${origin}/shared`, text)).status, 200)
  t.deepEqual(done, ['/shared'])
})

test('a sibling cannot plant a session, nor put one beside it', async (t) => {
  const { context, openPage, serve } = await openStage(t)
  const planted = 'A'.repeat(43)
  const names = [cookieName, `=${cookieName}`, '__HOST-session', ` ${cookieName}`, `\u00a0${cookieName}`]
  const lines = names.flatMap((name) => [
    `${name}=${planted}; Domain=${shop}; Path=/`,
    `${name}=${planted}; Domain=${shop}; Path=/; Secure`,
    `${name}=${planted}; Domain=${shop}; Path=/me; Secure; HttpOnly`,
  ])
  serve('/plant', {
    headers: { 'Set-Cookie': lines.map((line) => line.replace('\u00a0', '\u00c2\u00a0')) },
    body: html(''),
  })
  const near = await openPage(sibling, '/plant')
  for (const line of lines) await near.evaluate(`document.cookie = ${JSON.stringify(line)}`)
  const page = await openPage(shop)
  t.is((await call(page, '/me')).status, 401)
  t.is((await logIn(page)).status, 200)
  for (const line of lines) await near.evaluate(`document.cookie = ${JSON.stringify(line)}`)
  await near.reload()
  t.is((await call(page, '/me')).status, 200)
  t.is((await sessionOf(context)).filter(({ name, value }) => name === cookieName && value !== planted).length, 1)
})
