/** A real browser for tests: Debian's Chromium, without a window. */

import { spawnSync } from 'node:child_process'
import type { ExecutionContext } from 'ava'
import { type Browser, chromium } from 'playwright-core'

/** Milliseconds that a loaded machine may take for anything. */
export const patience = 120_000

const executablePath = spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim()

/** Runs until the test ends; `*.localhost` is this machine to it. */
export async function openChromium(t: ExecutionContext): Promise<Browser> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: patience })
  t.teardown(() => browser.close())
  return browser
}
