/** `node scripts/pictures.ts`: makes the pictures of the documents from the real thing. */

import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { breakSamples } from './pictures/broken-samples.ts'
import { photographDocsPage } from './pictures/docs-page.ts'
import { terminalSvg } from './pictures/terminal-svg.ts'

const images = fileURLToPath(new URL('../docs/images/', import.meta.url))
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

/** What `portcullis check` shows on a terminal; `script` is the terminal. */
function checkScreen(): string {
  const cwd = breakSamples()
  try {
    const command = `"${process.execPath}" "${main}" check; true`
    const env = { ...process.env, NO_COLOR: '', TERM: 'xterm-256color' }
    return execFileSync('script', ['-qec', command, '/dev/null'], { cwd, env, encoding: 'utf8' }).replaceAll('\r', '')
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

const prompt = '\x1b[32m$\x1b[0m \x1b[1mportcullis check\x1b[0m\n'

writeFileSync(
  `${images}check.svg`,
  terminalSvg({
    title: '`portcullis check` finds three mistakes, each with its line and a hint',
    screen: prompt + checkScreen(),
  }),
)
await photographDocsPage(`${images}docs-page.png`)
