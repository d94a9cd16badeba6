/** `npm test`: what the tests need is installed, then types, lint, tests, and the search of all that they left; closes with `N passed, N failed`. */

import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { LeakSearch } from './leaks/leak-search.ts'

/** Programs that tests run, and the Debian package that brings each. */
const programs = {
  python3: 'python3',
  openssl: 'openssl',
  curl: 'curl',
  git: 'git',
  xmllint: 'libxml2-utils',
  chromium: 'chromium',
  'redis-server': 'redis-server',
  'redis-cli': 'redis-tools',
  nginx: 'nginx',
  rsyslogd: 'rsyslog rsyslog-gnutls',
  // Its own programs stand outside of the path.
  pg_lsclusters: 'postgresql',
}

function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

function installPrograms(): void {
  const missing = Object.entries(programs).filter(([name]) => spawnSync('which', [name]).status !== 0)
  if (missing.length === 0) return
  const packages = missing.map(([, name]) => name)
  const install = `apt-get update && apt-get install -y ${packages.join(' ')}`
  if (process.getuid?.() !== 0) {
    process.stderr.write(`the tests need ${packages.join(', ')}: sudo sh -c '${install}'\n`)
    process.exit(1)
  }
  run('sh', ['-c', install])
}

/** Runs ava, passes its TAP on, and counts; a secret that was left somewhere counts as a test that failed. */
async function runTests(args: readonly string[]): Promise<boolean> {
  const search = new LeakSearch()
  const env = { ...process.env, ...search.env }
  const child = spawn('ava', ['--tap', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env })
  for (const stream of ['stdout', 'stderr'] as const) child[stream].on('data', search.keep(stream))
  child.stderr.pipe(process.stderr)
  let passed = 0
  let failed = 0
  for await (const line of createInterface({ input: child.stdout })) {
    if (/^ok \d/.test(line)) passed++
    if (/^not ok \d/.test(line)) failed++
    process.stdout.write(`${line}\n`)
  }
  const code = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)))
  failed += search.report()
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  return code === 0 && failed === 0 && passed > 0
}

installPrograms()
run('tsc', ['--noEmit'])
run('biome', ['check', '--error-on-warnings'])
process.exitCode = (await runTests(process.argv.slice(2))) ? 0 : 1
