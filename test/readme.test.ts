/** The README, walked with the package as it is published; the samples as their page shows them; the pictures. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { breakSamples } from '../scripts/pictures/broken-samples.ts'
import { textOfSvg } from '../scripts/pictures/terminal-svg.ts'
import { runCommand, serveCommand } from './helpers/command.ts'
import { examplesOf, findFaults, patternOf, readFences, root } from './helpers/markdown.ts'
import { pack } from './helpers/package.ts'
import { Shell } from './helpers/shell.ts'
import { Walk } from './helpers/walk.ts'

const fences = readFences('README.md')

test('the README does what it says, from an empty folder', async (t) => {
  t.timeout(300_000, 'packing and some ten processes, on a busy machine')
  const walk = await Walk.begin(pack(), ['9000', '8080', '8081', '8082', '8083', '8084', '6390'])
  t.teardown(() => walk.end())
  const install = fences.filter(({ language, section }) => language === 'console' && section === 'Start')
  for (const fence of [...install, ...fences.filter((each) => !install.includes(each))]) await walk.follow(fence)
  t.deepEqual(walk.wrong, [])
  const [line = ''] = fences.flatMap(({ language, text }) => (language === 'json' ? [text.trim()] : []))
  t.true(
    walk
      .outputOf('npx portcullis serve demo')
      .split('\n')
      .some((logged) => patternOf(line).test(logged)),
    line,
  )
})

test('the first policy of the README has ten lines', (t) => {
  t.is(fences[0]?.text.trim().split('\n').length, 10)
})

test('the policy for production is accepted', (t) => {
  const [policy] = readFences('docs/production.md').filter(({ language }) => language === 'yaml')
  t.deepEqual(findFaults({ 'p.yaml': policy?.text ?? '' }), [])
})

test('the scripts that the README names are there', (t) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const named = [
    ...readFileSync(join(root, 'README.md'), 'utf8').matchAll(
      /\bnpm (?:run (?:--silent )?)?(start|test|bench|portcullis)\b/g,
    ),
  ]
  t.true(named.length >= 4)
  for (const [, name = ''] of named) t.truthy(scripts[name], name)
})

/** The samples, with the service in another language on a port of its own. */
function copySamples(t: ExecutionContext, supplierPort: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  cpSync(join(root, 'policies'), folder, { recursive: true })
  const suppliers = join(folder, 'suppliers.yaml')
  writeFileSync(suppliers, readFileSync(suppliers, 'utf8').replaceAll('9000', supplierPort))
  return folder
}

/** Something on a free port, in another language. */
async function serveSite(t: ExecutionContext): Promise<string> {
  const site = mkdtempSync(join(tmpdir(), 'portcullis-'))
  writeFileSync(join(site, 'hello.txt'), 'hello\n')
  const python = spawn('python3', ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1', '--directory', site])
  t.teardown(() => {
    python.kill()
    rmSync(site, { recursive: true })
  })
  const [line] = await once(python.stdout, 'data')
  return / port (\d+) /.exec(String(line))?.[1] ?? ''
}

test('the samples answer as their page says', async (t) => {
  t.timeout(180_000, 'one token after another, on a busy machine')
  const directory = copySamples(t, await serveSite(t))
  const served = await serveCommand([directory], { cwd: root })
  const shell = new Shell(root)
  t.teardown(async () => {
    await shell.end()
    await served.end('SIGTERM')
  })
  const examples = readFences('docs/samples.md')
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) => examplesOf(text))
  t.true(examples.length > 15)
  for (const { command, shown } of examples)
    t.regex(await shell.run(command.replaceAll('http://127.0.0.1:8080', served.url)), patternOf(shown), command)
})

test('the picture of a terminal shows what `check` says', async (t) => {
  const cwd = breakSamples()
  t.teardown(() => rmSync(cwd, { recursive: true }))
  const { stdout, code } = await runCommand(['check'], { cwd })
  t.is(code, 1)
  const shown = textOfSvg(readFileSync(join(root, 'docs/images/check.svg'), 'utf8'))
  t.is(shown, `$ portcullis check\n${stdout.trimEnd()}`, 'run `node scripts/pictures.ts`')
})

test('the picture of the docs page is a PNG that loads fast', (t) => {
  const file = join(root, 'docs/images/docs-page.png')
  t.deepEqual([...readFileSync(file).subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  t.true(statSync(file).size > 20_000 && statSync(file).size < 200_000)
})
