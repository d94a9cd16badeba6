/** `serve` over TLS and pages of many origins, for a real browser: every name leads to this machine. */

import { createHash, X509Certificate } from 'node:crypto'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import type { ExecutionContext } from 'ava'
import type { Browser, BrowserContext, Frame, Page } from 'playwright-core'
import type { KeyPair } from '../../../src/services/tls/settings.ts'
import { openChromium, patience } from '../../helpers/chromium.ts'
import { runCommand, serveCommand } from '../../helpers/command.ts'
import { writePolicies } from '../../helpers/gate.ts'
import { pairFiles } from '../../helpers/secure-server.ts'
import { makeServerCertificate } from '../../helpers/server-certificate.ts'
import { openService, password, type Service, shopFiles, username } from './shop.ts'

/** The gate, on the site of the shop: its cookies come along from the pages of all of `shop.example`. */
export const gate = 'https://api.shop.example'

type Closing = Pick<ExecutionContext, 'teardown'>

export interface Stage {
  readonly service: Service
  /** Of a program, with the scope `orders:read`. */
  readonly token: string
  /** A browser that knows nothing yet; it forgets all when the test is over. */
  newContext(t: ExecutionContext): Promise<BrowserContext>
}

const html = '<!doctype html><title>page</title><link rel="icon" href="data:,"><body>'

/** Answers every path with a page, but for those that send on. */
function answerPage(req: { readonly url?: string | undefined }, res: import('node:http').ServerResponse): void {
  const [path = '', to = ''] = (req.url ?? '').split('?')
  if (path === '/to') res.writeHead(307, { Location: decodeURIComponent(to), 'Access-Control-Allow-Origin': '*' }).end()
  else res.writeHead(200, { 'Content-Type': 'text/html' }).end(html)
}

async function listenOn(server: Server & { closeAllConnections(): void }, { teardown }: Closing): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Ports as browsers leave them out, so that origins read as in a policy. */
const resolverRules = (ports: { readonly gate: number; readonly secure: number; readonly plain: number }) =>
  [
    `MAP api.shop.example:443 127.0.0.1:${ports.gate}`,
    `MAP *:443 127.0.0.1:${ports.secure}`,
    `MAP *:8443 127.0.0.1:${ports.secure}`,
    `MAP *:80 127.0.0.1:${ports.plain}`,
  ].join(', ')

const inPolicies = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`policies/${name}`, text]))

/** Browsers keep nothing of a server whose certificate they were told to overlook: this one counts as good. */
const trusted = (cert: string): string =>
  createHash('sha256')
    .update(new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')

interface Gate {
  readonly port: number
  readonly token: string
}

async function startGate({ teardown }: Closing, { url }: Service, pair: KeyPair): Promise<Gate> {
  const cwd = writePolicies(inPolicies({ ...shopFiles(url), ...pairFiles(pair) }))
  const added = await runCommand(['users', 'add', username], { cwd, input: `${password}\n` })
  if (added.code !== 0) throw new Error(added.stderr)
  const served = await serveCommand(['./policies'], { cwd })
  teardown(() => void served.child.kill('SIGKILL'))
  const minted = await runCommand(['token', './policies', '--sub', 'bob', '--scopes', 'orders:read'], { cwd })
  return { port: Number(new URL(served.url).port), token: minted.stdout.trim() }
}

/** For all the tests of a file. */
export async function openStage(closing: Closing, args: readonly string[] = []): Promise<Stage> {
  const service = await openService()
  closing.teardown(() => service.close())
  const pair = makeServerCertificate(['shop.example'])
  const { port, token } = await startGate(closing, service, pair)
  const secure = await listenOn(createSecureServer(pair, answerPage), closing)
  const plain = await listenOn(createServer(answerPage), closing)
  const rules = resolverRules({ gate: port, secure, plain })
  const browser = await openChromium(closing, [
    `--host-resolver-rules=${rules}`,
    `--ignore-certificate-errors-spki-list=${trusted(pair.cert)}`,
    ...args,
  ])
  return { service, token, newContext: (t) => newContext(browser, t) }
}

async function newContext(browser: Browser, t: ExecutionContext): Promise<BrowserContext> {
  t.timeout(3 * patience)
  const context = await browser.newContext()
  context.setDefaultTimeout(patience)
  t.teardown(() => context.close())
  return context
}

/** A page of an origin. */
export async function openPage(context: BrowserContext, origin: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`${origin}/`)
  return page
}

export interface Read {
  /** 0 where the page is told of no answer at all. */
  readonly status: number
  /** Those that the page may read. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What a page gets of `fetch`. */
export const call = (page: Page | Frame, url: string, init: object = {}): Promise<Read> =>
  page.evaluate(
    `fetch(${JSON.stringify(url)}, ${JSON.stringify(init)}).then(
      async (answer) => ({ status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() }),
      () => ({ status: 0, headers: {}, body: '' }),
    )`,
  )

export const codeOf = ({ body }: Read): unknown => (body === '' ? undefined : JSON.parse(body).code)
