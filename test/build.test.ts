/** `npm run build`: what it makes serves the page by itself, where nobody installed Swagger UI. */

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import test, { type ExecutionContext } from 'ava'
import { writePolicies } from './helpers/gate.ts'
import { root } from './helpers/markdown.ts'

const policies = `defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 60, per: 1m }] }
routes:
  GET /openapi.json: { builtin: openapi }
  GET /docs: { builtin: docs }
`

/** The build in a folder of its own, beside nothing but the dependencies of the package. */
function buildAlone(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-build-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  execFileSync(process.execPath, ['scripts/build.ts', join(folder, 'dist')], { cwd: root, stdio: 'pipe' })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) {
    const at = join(folder, 'node_modules', name)
    mkdirSync(dirname(at), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), at)
  }
  return join(folder, 'dist')
}

/** Serves the policies until the test ends; returns the address. */
async function serve(t: ExecutionContext, main: string): Promise<string> {
  const child = spawn(process.execPath, [main, 'serve', writePolicies({ 'p.yaml': policies }), '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /"url":"([^"]+)"/.exec(line)?.[1]
    if (url !== undefined) return url
  }
  throw new Error('serve ended before it listened')
}

test('carries the files of the page, with their licences', async (t) => {
  t.timeout(240_000, 'compiling takes its time on a busy machine')
  const dist = buildAlone(t)
  t.deepEqual(readdirSync(join(dist, 'handlers/builtin/swagger-ui')).sort(), [
    'LICENSE',
    'NOTICE',
    'swagger-ui-bundle.js',
    'swagger-ui-bundle.js.LICENSE.txt',
    'swagger-ui.css',
  ])
  const url = await serve(t, join(dist, 'cli/main.js'))
  const page = await fetch(`${url}/docs`)
  t.is(page.status, 200)
  t.true((await page.text()).includes('data-document="/openapi.json"'))
  t.is((await fetch(`${url}/openapi.json`)).status, 200)
})
