/** A photograph of the docs page that the samples serve, in a real browser. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** Writes a PNG of the page with one operation open. */
export async function photographDocsPage(file: string): Promise<void> {
  const server = spawn(process.execPath, [main, 'serve', 'policies', '--port', '0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>((resolve, reject) => {
    let output = ''
    server.stdout.on('data', (chunk) => {
      output += chunk
      const found = /"url":"([^"]+)"/.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    })
    server.once('close', (code) => reject(new Error(`serve ended with ${code}`)))
  })
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' })
  try {
    const page = await browser.newPage({ viewport: { width: 1100, height: 820 }, colorScheme: 'light' })
    await page.goto(`${url}/docs`)
    const service = page.locator('.opblock-tag-section', { hasText: '/orders/{id}/cancel' })
    await service.locator('.opblock-post .opblock-summary-control').first().click()
    await service.locator('.opblock-body').waitFor()
    await service.evaluate((element) => element.scrollIntoView())
    await page.screenshot({ path: file })
  } finally {
    await browser.close()
    server.kill('SIGTERM')
    await once(server, 'close').catch(() => {})
  }
}
