/** The page of `builtin: docs` in a real browser: it shows the API, takes a token and makes a call, and its policy is never broken. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Browser, chromium, type Page } from 'playwright-core'
import { runCommand, serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { until } from '../helpers/until.ts'

const patience = 120_000

const policies = `
settings: { openapi: { title: The shop, version: 1.0.0 } }
issuers:
  shop: { builtin: true, audience: shop-api }
schemas:
  Line: { type: object, required: [sku], properties: { sku: { type: string, description: 'An *article*' } } }
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 600, per: 1m }] }
routes:
  GET /openapi.json: { builtin: openapi, document: false }
  GET /docs: { builtin: docs, document: false }
  GET /orders/:id:
    because: asks for more
    summary: One order
    description: 'With **emphasis**, and a [link](https://shop.example).'
    authenticate: jwt
    scopes: [orders:read]
    input: { params: { id: { type: integer } }, query: { form: { enum: [long, short] } } }
    reply: { body: { found: true } }
  POST /orders:
    deprecated: true
    input: { body: { type: object, properties: { lines: { type: array, items: { $ref: '#/schemas/Line' } } } } }
    reply: { status: 201 }
`

const executablePath = spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim()

async function openBrowser(t: ExecutionContext): Promise<Browser> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: patience })
  t.teardown(() => browser.close())
  return browser
}

/** A server of its own, beside whose policies the development key lies. */
async function serve(t: ExecutionContext) {
  const directory = writePolicies({ 'p.yaml': policies })
  const cwd = mkdtempSync(join(tmpdir(), 'portcullis-'))
  const served = await serveCommand([directory], { cwd })
  t.teardown(async () => {
    await served.end('SIGTERM')
    rmSync(cwd, { recursive: true, force: true })
  })
  const minted = await runCommand(['token', directory, '--sub', 'alice', '--scopes', 'orders:read'], { cwd })
  return { url: served.url, token: minted.stdout.trim() }
}

/** A page that notes what its console says and what its policy stops. */
async function openPage(browser: Browser): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const page = await browser.newPage()
  page.setDefaultTimeout(patience)
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.exposeFunction('noteViolation', (directive: string) => complaints.push(`violation of ${directive}`))
  await page.addInitScript(
    `document.addEventListener('securitypolicyviolation', (event) => noteViolation(event.violatedDirective))`,
  )
  return { page, complaints }
}

/** Opens an operation and sends it; returns the status that came. */
async function tryOut(page: Page, fill: () => Promise<void>): Promise<string> {
  const operation = page.locator('.opblock-get')
  await operation.locator('.execute').or(operation.locator('.try-out__btn')).first().waitFor()
  if ((await operation.locator('.execute').count()) === 0) await operation.locator('.try-out__btn').click()
  await fill()
  const answered = page.waitForResponse((response) => response.url().includes('/orders/'))
  await operation.locator('.execute').click()
  return String((await answered).status())
}

test('shows the API, and makes a call with a token that was typed in', async (t) => {
  t.timeout(4 * patience)
  const { url, token } = await serve(t)
  const { page, complaints } = await openPage(await openBrowser(t))
  const requested: string[] = []
  page.on('request', (request) => requested.push(request.url()))
  await page.goto(`${url}/docs`, { waitUntil: 'domcontentloaded' })
  await page.locator('.opblock-deprecated').waitFor()
  t.deepEqual(await page.locator('.opblock-summary-path, .opblock-summary-path__deprecated').allInnerTexts(), [
    '/orders/{id}',
    '/orders',
  ])
  t.true((await page.locator('.info .title').innerText()).startsWith('The shop'))
  await page.locator('.opblock-get .opblock-summary-control').click()
  t.is(await tryOut(page, () => page.locator('.opblock-get input[placeholder="id"]').fill('5')), '401')
  await until(() => complaints.length > 0)
  t.deepEqual(complaints.splice(0), [
    `error: Failed to load resource: the server responded with a status of 401 (Unauthorized)`,
  ])

  await page.locator('.auth-wrapper .authorize').first().click()
  await page.locator('.auth-container input').fill(token)
  await page.locator('.auth-btn-wrapper .authorize').click()
  await page.locator('.auth-btn-wrapper .btn-done').click()
  t.is(await tryOut(page, async () => {}), '200')
  await page.locator('.live-responses-table .microlight', { hasText: 'found' }).first().waitFor()
  await page.locator('.opblock-deprecated .opblock-summary-control').click()
  await page.locator('.opblock-deprecated .opblock-section-request-body .model-example').waitFor()
  t.deepEqual(complaints, [])
  t.deepEqual(
    requested.filter((each) => !each.startsWith(url) && !each.startsWith('data:')),
    [],
  )
})

test('notes a script that its policy does not name, and does not run it', async (t) => {
  t.timeout(2 * patience)
  const { url } = await serve(t)
  const { page, complaints } = await openPage(await openBrowser(t))
  await page.goto(`${url}/docs`, { waitUntil: 'domcontentloaded' })
  await page.locator('.opblock').first().waitFor()
  const noted = page.waitForEvent('console')
  await page.evaluate(
    `document.body.append(Object.assign(document.createElement('script'), { text: 'window.ran = true' }))`,
  )
  await noted
  t.is(await page.evaluate('window.ran'), undefined)
  t.true(
    complaints.some((text) => text.startsWith('violation of script-src') || text.includes('Content Security Policy')),
  )
})
