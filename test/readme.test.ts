import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { runCommand, serveCommand } from './helpers/command.ts'
import { writePolicies } from './helpers/gate.ts'
import { type Example, examplesOf, type Fence, findFaults, patternOf, readFences, root } from './helpers/markdown.ts'

const fences = readFences('README.md')
const find = (section: string, language: string): Fence => {
  const fence = fences.find((each) => each.section === section && each.language === language)
  if (fence === undefined) throw new Error(`the README shows no ${language} under "${section}"`)
  return fence
}
const demo = () => writePolicies({ 'orders.yaml': find('', 'yaml').text })

/** The samples, with the service in another language on a port of its own. */
function copySamples(supplierPort: number | string = 9000): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  const policies = join(folder, 'policies')
  cpSync(join(root, 'policies'), policies, { recursive: true })
  const suppliers = join(policies, 'suppliers.yaml')
  writeFileSync(suppliers, readFileSync(suppliers, 'utf8').replaceAll('9000', String(supplierPort)))
  return folder
}

/** Runs commands in one shell at the root of the checkout, one output each. */
async function runShell(commands: readonly string[]): Promise<readonly string[]> {
  const script = commands.map((command) => `${command}\nprintf '\\036'\n`).join('')
  const shell = spawn('bash', ['-c', script], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  shell.stdout.on('data', (chunk) => {
    output += chunk
  })
  await once(shell, 'close')
  return output.split('\x1e')
}

/** Every command of a section answers what stands below it. */
async function holds(t: ExecutionContext, section: string, localise: (command: string) => string): Promise<void> {
  const examples: readonly Example[] = fences
    .filter((fence) => fence.section === section && fence.language === 'console')
    .flatMap(examplesOf)
  t.true(examples.length > 0)
  const outputs = await runShell(examples.map(({ command }) => localise(command)))
  for (const [index, { command, shown }] of examples.entries())
    t.regex(outputs[index]?.replaceAll('\r', '').trim() ?? '', patternOf(shown), command)
}

test('every policy that the README shows is accepted', (t) => {
  const modules = { 'notes.ts': find('Handlers and loaders in TypeScript', 'ts').text }
  for (const { text } of fences.filter(({ language }) => language === 'yaml'))
    t.deepEqual(findFaults({ ...modules, 'p.yaml': text }), [])
})

test('the ten lines of the first screen do what it says', async (t) => {
  t.is(find('', 'yaml').text.trim().split('\n').length, 10)
  const directory = demo()
  const served = await serveCommand([directory], { cwd: root })
  await holds(t, '', (command) =>
    command.replaceAll('http://127.0.0.1:8080', served.url).replace('token demo', `token ${directory}`),
  )
  const { stdout } = await served.end('SIGTERM')
  t.regex(stdout, /"guard":"scopes","policy":"[^"]*\/orders\.yaml:8","msg":"GET \/orders → 403 scope_missing"/)
})

test('the samples answer as the README says', async (t) => {
  const served = await serveCommand([join(copySamples(), 'policies')], { cwd: root })
  await holds(t, 'Try it', (command) => command.replaceAll('http://127.0.0.1:8080', served.url))
  await served.end('SIGTERM')
})

test('a server in another language is protected as the README says', async (t) => {
  const site = mkdtempSync(join(tmpdir(), 'portcullis-'))
  writeFileSync(join(site, 'hello.txt'), 'hello\n')
  const python = spawn('python3', ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1', '--directory', site])
  const [line] = await once(python.stdout, 'data')
  const port = / port (\d+) /.exec(String(line))?.[1] ?? ''
  const served = await serveCommand([join(copySamples(port), 'policies')], { cwd: root })
  await holds(t, 'In front of a server in another language', (command) =>
    command.replaceAll('http://127.0.0.1:8080', served.url),
  )
  await served.end('SIGTERM')
  python.kill()
})

test('a broken policy is told as the README shows', async (t) => {
  const cwd = copySamples()
  const file = join(cwd, 'policies/orders.yaml')
  const [, before = '', after = ''] = /^-(.*)\n\+(.*)$/m.exec(find('Break a policy', 'diff').text) ?? []
  const whole = readFileSync(file, 'utf8')
  t.true(whole.includes(before))
  writeFileSync(file, whole.replace(before, after))
  const [shown] = examplesOf(find('Break a policy', 'console')).map((example) => example.shown)
  const { code, stdout } = await runCommand(['check'], { cwd })
  t.deepEqual([stdout.trim()], [shown])
  t.is(code, 1)
})

test('the handlers that the README shows answer', async (t) => {
  const section = 'Handlers and loaders in TypeScript'
  const directory = writePolicies({ 'notes.yaml': find(section, 'yaml').text, 'notes.ts': find(section, 'ts').text })
  const served = await serveCommand([directory], { cwd: root })
  const mint = async (sub: string) => {
    const { stdout } = await runCommand(['token', directory, '--sub', sub, '--roles', 'author'], { cwd: root })
    return { authorization: `Bearer ${stdout.trim()}`, 'content-type': 'application/json' }
  }
  const headers = await mint('alice')
  const made = await fetch(`${served.url}/notes`, { method: 'POST', headers, body: '{"text":" hello "}' })
  t.is(made.status, 201)
  const note = (await made.json()) as { readonly id: string; readonly text: string }
  t.is(note.text, 'hello')
  t.is((await fetch(`${served.url}/notes/${note.id}`, { headers })).status, 200)
  t.is((await fetch(`${served.url}/notes/${note.id}`, { headers: await mint('bob') })).status, 404)
  await served.end('SIGTERM')
})
