/** A real browser for tests: Debian's Chromium, without a window. */

import { spawnSync } from 'node:child_process'
import type { ExecutionContext } from 'ava'
import { type Browser, chromium } from 'playwright-core'

/** Milliseconds that a loaded machine may take for anything. */
export const patience = 120_000

const executablePath = spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim()

/** Runs until the test ends; `*.localhost` is this machine to it. `args` are more of its flags. */
export async function openChromium(
  t: Pick<ExecutionContext, 'teardown'>,
  args: readonly string[] = [],
): Promise<Browser> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', ...args], timeout: patience })
  t.teardown(() => browser.close())
  return browser
}
