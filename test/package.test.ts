/** The package as it is published: packed from a copy of the checkout, and used in an empty project. */

import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readFences } from './helpers/markdown.ts'
import { emptyProject, installPackage, type Packed, pack, userEnvironment } from './helpers/package.ts'

const project = emptyProject()
const packageFolder = join(project, 'node_modules/portcullis')

/** The files that the document shows, each under the name in its first line. */
function writeDocument(): void {
  for (const { text } of readFences('docs/library.md')) {
    const name = /^(?:#|\/\/) (\S+\.(?:yaml|ts|cjs))\n/.exec(text)?.[1]
    if (name === undefined) continue
    mkdirSync(dirname(join(project, name)), { recursive: true })
    writeFileSync(join(project, name), text)
  }
}

const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  module: 'nodenext',
  target: 'es2024',
  types: ['node'],
  noEmit: true,
  skipLibCheck: false,
  allowImportingTsExtensions: true,
}

let packed: Packed

test.before((t) => {
  t.timeout(240_000, 'packing takes its time on a busy machine')
  packed = pack()
  installPackage(project, packed, ['@koa/router', '@types/node'])
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'notes', private: true, type: 'module' }))
  writeDocument()
})

const run = (file: string, ...args: readonly string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [file, ...args], { cwd: project, env: userEnvironment, encoding: 'utf8' })

/** The compiler's findings over the given files of the project. */
function compileErrors(...files: readonly string[]): readonly string[] {
  const config = `tsconfig.${files[0]}.json`
  writeFileSync(join(project, config), JSON.stringify({ compilerOptions, files }))
  const { stdout } = spawnSync('tsc', ['-p', config], { cwd: project, encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line !== '')
}

interface Served {
  ask(method: string, path: string, options?: Asked): Promise<{ readonly status: number; readonly body: string }>
  end(): Promise<string>
}

interface Asked {
  readonly token?: string
  readonly body?: string
}

/** Starts an app of the project on a free port of its own choice, which it is made to tell. */
async function start(t: ExecutionContext, file: string): Promise<Served> {
  const tell = join(project, 'tell-port.cjs')
  writeFileSync(
    tell,
    `const { Server } = require('node:net')
const { listen } = Server.prototype
Server.prototype.listen = function (...args) {
  return listen.apply(this, args).once('listening', () => process.send(this.address().port))
}`,
  )
  const child: ChildProcess = spawn(process.execPath, ['--require', tell, file], {
    cwd: project,
    env: { ...userEnvironment, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'close')
  const port = await Promise.race([once(child, 'message').then(([told]) => told), ended.then(() => undefined)])
  if (port === undefined) throw new Error(`${file} ended: ${output}`)
  return {
    ask: (method, path, { token, body } = {}) => ask({ port, method, path, token, body }),
    end: async () => {
      child.kill('SIGTERM')
      await ended
      return output
    },
  }
}

interface Asking {
  readonly port: number
  readonly method: string
  readonly path: string
  readonly token: string | undefined
  readonly body: string | undefined
}

async function ask({ port, method, path, token, body }: Asking) {
  const headers = {
    ...(token && { Authorization: `Bearer ${token}` }),
    ...(body && { 'Content-Type': 'application/json' }),
  }
  const sending = request({ host: '127.0.0.1', port, method, path, headers, agent: false }).end(body)
  const [res] = await once(sending, 'response')
  let text = ''
  for await (const chunk of res) text += chunk
  return { status: res.statusCode, body: text }
}

const command = 'node_modules/portcullis/dist/cli/main.js'

const mint = (): string => run(command, 'token', '--sub', 'alice').stdout.trim()

test('packs what runs, its types, the samples and the documents, and nothing else', (t) => {
  const allowed =
    /^(?:dist\/[a-z0-9/-]+(?:\.js|\.d\.ts)|dist\/handlers\/builtin\/swagger-ui\/[A-Za-z.-]+|docs\/[A-Za-z/-]+\.(?:md|svg|png)|policies\/[a-z.-]+\.(?:yaml|ts|json)|package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$/
  const paths = packed.files.map(({ path }) => path)
  t.deepEqual(
    paths.filter((path) => !allowed.test(path)),
    [],
  )
  for (const path of [
    'dist/index.js',
    'dist/index.d.ts',
    'policies/orders.yaml',
    'docs/reference/diagnostics.md',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'SECURITY.md',
  ])
    t.true(paths.includes(path), path)
  t.is(packed.files.find(({ path }) => path === 'dist/cli/main.js')?.mode, 0o755)
})

test('names in package.json what it holds', (t) => {
  const { bin, exports } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))
  t.deepEqual(bin, { portcullis: 'dist/cli/main.js' })
  t.deepEqual(exports, { '.': { types: './dist/index.d.ts', default: './dist/index.js' } })
})

test('brings a command that runs as plain JavaScript', (t) => {
  t.regex(readFileSync(join(packageFolder, 'dist/cli/main.js'), 'utf8'), /^#!\/usr\/bin\/env node\n/)
  const checked = run(command, 'check', 'node_modules/portcullis/policies')
  t.is(checked.stdout, 'no findings\n')
  t.is(checked.status, 0)
})

test('the TypeScript app of the document compiles under strict rules, and does what it says', async (t) => {
  t.is(run(command, 'types', '--out', 'inputs.ts').status, 0)
  t.deepEqual(compileErrors('app.ts', 'reload.ts'), [])
  const app = await start(t, 'app.ts')
  const token = mint()
  t.is((await app.ask('GET', '/health')).status, 200)
  t.is((await app.ask('GET', '/notes/1')).status, 401)
  t.is((await app.ask('GET', '/notes/x', { token })).status, 422)
  t.is((await app.ask('GET', '/notes/1', { token })).status, 404)
  t.deepEqual(await app.ask('POST', '/notes', { token, body: '{"text":" hello "}' }), { status: 201, body: '{"id":1}' })
  t.deepEqual(await app.ask('GET', '/notes/1', { token }), { status: 200, body: '{"text":"hello","by":"alice"}' })
  t.is((await app.ask('GET', '/unnamed', { token })).status, 404)
  t.regex(await app.end(), /{"route":"POST \/notes","status":201,"by":"alice"}/)
})

test('the CommonJS app of the document does what it says', async (t) => {
  const app = await start(t, 'app.cjs')
  t.deepEqual(await app.ask('GET', '/notes/7', { token: mint() }), { status: 200, body: '{"for":"alice"}' })
  t.is((await app.ask('GET', '/notes/7')).status, 401)
})

test('a JavaScript module runs as it is', (t) => {
  writeFileSync(
    join(project, 'plain.mjs'),
    `import { DirectoryFault, diagnose, portcullis } from 'portcullis'
const refused = await portcullis('./nowhere').open().catch((error) => error instanceof DirectoryFault)
console.log(refused, diagnose('./policies').length)`,
  )
  const { stdout, stderr } = run('plain.mjs')
  t.deepEqual([stdout, stderr], ['true 0\n', ''])
})

test('the types say what the gate fills in, and refuse what it does not', (t) => {
  writeFileSync(
    join(project, 'right.ts'),
    `import Koa from 'koa'
import { type DecisionEvent, type Portcullis, portcullis, type Principal, type RouteHandler } from 'portcullis'
const gate: Portcullis = portcullis('./policies', { values: { rate: 1 }, log: console })
new Koa().use(gate.middleware).use((ctx) => {
  const principal: Principal = ctx.state.principal
  ctx.body = { id: principal.id, key: ctx.state.requestId, body: ctx.state.input.body }
})
gate.on('decision', (event: DecisionEvent) => event.principal?.issuer)
export const show: RouteHandler<{ params: { id: string } }> = (ctx) => {
  ctx.body = ctx.state.input.params.id.toUpperCase()
}`,
  )
  t.deepEqual(compileErrors('right.ts'), [])
  writeFileSync(
    join(project, 'wrong.ts'),
    `import Koa from 'koa'
import { portcullis, type RouteHandler } from 'portcullis'
const gate = portcullis('./policies', { vales: {} })
new Koa().use(gate.middleware).use((ctx) => {
  const id: number = ctx.state.principal.id
  ctx.state.principal.roles.push('admin')
  return id
})
gate.on('decisions', () => {})
gate.on('reload', ({ error }) => error)
export const show: RouteHandler<{ params: { id: string } }> = (ctx) => {
  ctx.body = ctx.state.input.params.name
  ctx.body = ctx.state.principle
}`,
  )
  t.deepEqual(
    compileErrors('wrong.ts').flatMap((line) => /^wrong\.ts\((\d+),/.exec(line)?.[1] ?? []),
    ['3', '5', '6', '9', '10', '12', '13'],
  )
})

test('the public names are these', (t) => {
  writeFileSync(join(project, 'names.mjs'), `console.log(Object.keys(await import('portcullis')).join(' '))`)
  t.is(
    run('names.mjs').stdout.trim(),
    'Denial DirectoryFault PolicyRefused RevocationsFull StartFault deny diagnose portcullis',
  )
  const index = readFileSync(join(packageFolder, 'dist/index.d.ts'), 'utf8')
  const named = [...index.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, whole, names = '']) =>
    names
      .split(',')
      .filter((name) => name.trim() !== '')
      .map((name) => (whole ? `type ${name.trim()}` : name.trim())),
  )
  t.deepEqual(
    named
      .filter((name) => name.startsWith('type '))
      .map((name) => name.slice(5))
      .sort(),
    [
      'Code',
      'DecisionEvent',
      'Diagnostic',
      'FormFile',
      'Input',
      'InputFault',
      'LoaderRequest',
      'PolicyEvent',
      'Portcullis',
      'PortcullisEvents',
      'PortcullisLog',
      'PortcullisOptions',
      'Principal',
      'RefusedEvent',
      'Resource',
      'ResourceLoader',
      'RevocationResult',
      'Revocations',
      'RouteHandler',
      'RouteState',
      'TimeRevocation',
      'TokenRevocation',
      'UserRevocation',
    ],
  )
})

test('every public name says what it is', (t) => {
  const index = readFileSync(join(packageFolder, 'dist/index.d.ts'), 'utf8')
  const exported = [...index.matchAll(/export (?:type )?\{([^}]*)\} from '\.\/([^']+?)(?:\.d)?\.[jt]s'/g)]
  t.true(exported.length > 8)
  for (const [, names = '', file] of exported) {
    const text = readFileSync(join(packageFolder, `dist/${file}.d.ts`), 'utf8')
    for (const name of names.split(',').map((each) => each.trim().replace('type ', '')))
      t.regex(text, new RegExp(`\\*/\\nexport (?:declare )?(?:type|interface|class|const|function) ${name}\\b`), name)
  }
})
