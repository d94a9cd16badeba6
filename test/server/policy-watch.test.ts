import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { PolicyWatch } from '../../src/server/policy-watch.ts'
import { createLog } from '../../src/services/log.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'
import { until } from '../helpers/until.ts'

interface Watching {
  readonly watch: PolicyWatch
  /** How often it told of a change. */
  told(): number
  /** Waits until it has told once more. */
  next(): Promise<void>
}

function watching(t: ExecutionContext, directory: string, values?: string): Watching {
  const log = createLog({ pretty: false, level: 'error' })
  let told = 0
  let known = 0
  const watch = new PolicyWatch({ directory, values, log, changed: () => void told++ })
  t.teardown(() => watch.close())
  const next = async () => {
    await until(() => told > known)
    known = told
  }
  return { watch, told: () => told, next }
}

/** A change that is told of comes after all that came before it. */
const overAndDone = async ({ next }: Watching, folder: string) => {
  writeFileSync(join(folder, 'last.yaml'), 'last')
  await next()
}

test('tells of a file that changes, comes, goes, and is replaced', async (t) => {
  const directory = writePolicies({ 'a.yaml': 'one' })
  const watched = watching(t, directory)
  for (const change of [
    () => writeFileSync(join(directory, 'a.yaml'), 'two'),
    () => writeFileSync(join(directory, 'b.yaml'), 'one'),
    () => renameSync(join(directory, 'b.yaml'), join(directory, 'a.yaml')),
    () => rmSync(join(directory, 'a.yaml')),
  ]) {
    change()
    await watched.next()
  }
  t.is(watched.told(), 4)
})

test('tells of a file in folders that came after it began', async (t) => {
  const directory = writePolicies({ 'a.yaml': 'one' })
  const watched = watching(t, directory)
  mkdirSync(join(directory, 'deep/er'), { recursive: true })
  writeFileSync(join(directory, 'deep/er/b.yaml'), 'one')
  await watched.next()
  writeFileSync(join(directory, 'deep/er/b.yaml'), 'two')
  await watched.next()
  t.is(watched.told(), 2)
})

test('says nothing where the content is the same, and nothing of other files', async (t) => {
  const directory = writePolicies({ 'a.yaml': 'one', 'log.txt': '' })
  const watched = watching(t, directory)
  writeFileSync(join(directory, 'a.yaml'), 'one')
  writeFileSync(join(directory, 'log.txt'), 'written')
  writeFileSync(join(directory, 'a.test.yaml'), 'a test')
  writeFileSync(join(directory, '.a.yaml.swp'), 'an editor')
  await new Promise((resolve) => setTimeout(resolve, 400))
  t.is(watched.told(), 0)
  await overAndDone(watched, directory)
  t.is(watched.told(), 1)
})

test('tells once of many changes that come together', async (t) => {
  const directory = writePolicies({ 'a.yaml': 'one' })
  const watched = watching(t, directory)
  for (let index = 0; index < 200; index++) writeFileSync(join(directory, `${index % 20}.yaml`), String(index))
  await watched.next()
  t.is(watched.told(), 1)
})

test('tells of changes that never pause', async (t) => {
  const directory = writePolicies({ 'a.yaml': 'one' })
  const watched = watching(t, directory)
  let round = 0
  const writing = setInterval(() => writeFileSync(join(directory, 'a.yaml'), String(round++)), 20)
  t.teardown(() => clearInterval(writing))
  await watched.next()
  await watched.next()
  t.pass()
})

/** What the kubelet makes of a ConfigMap, and how it replaces one. */
function publish(mount: string, version: string, text: string): void {
  mkdirSync(join(mount, `..${version}`))
  writeFileSync(join(mount, `..${version}`, 'a.yaml'), text)
  symlinkSync(`..${version}`, join(mount, '..data_tmp'))
  renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
}

test('tells when Kubernetes swaps a ConfigMap', async (t) => {
  const mount = emptyFolder()
  publish(mount, '1', 'one')
  symlinkSync('..data/a.yaml', join(mount, 'a.yaml'))
  const watched = watching(t, mount)
  for (const version of ['2', '3']) {
    publish(mount, version, version)
    rmSync(join(mount, `..${Number(version) - 1}`), { recursive: true })
    await watched.next()
  }
  publish(mount, '4', '3')
  writeFileSync(join(mount, '..4/a.yaml'), 'four')
  await watched.next()
  t.true(watched.told() >= 3)
})

test('tells when a link on the way to the directory leads elsewhere, or the directory is put there anew', async (t) => {
  const root = writePolicies({ 'v1/policies/a.yaml': 'one', 'v2/policies/a.yaml': 'two' })
  symlinkSync('v1', join(root, 'current'))
  const watched = watching(t, join(root, 'current/policies'))
  symlinkSync('v2', join(root, 'next'))
  renameSync(join(root, 'next'), join(root, 'current'))
  await watched.next()
  rmSync(join(root, 'v2'), { recursive: true })
  await watched.next()
  mkdirSync(join(root, 'v2/policies'), { recursive: true })
  writeFileSync(join(root, 'v2/policies/a.yaml'), 'three')
  await watched.next()
  writeFileSync(join(root, 'v2/policies/a.yaml'), 'four')
  await watched.next()
  t.pass()
})

test('tells of the target of a link, which lies elsewhere', async (t) => {
  const elsewhere = writePolicies({ 'shared.yaml': 'one' })
  const directory = writePolicies({ 'a.yaml': 'one' })
  symlinkSync(join(elsewhere, 'shared.yaml'), join(directory, 'b.yaml'))
  symlinkSync(join(elsewhere, 'missing.yaml'), join(directory, 'c.yaml'))
  symlinkSync('loop', join(directory, 'loop'))
  const watched = watching(t, directory)
  writeFileSync(join(elsewhere, 'shared.yaml'), 'two')
  await watched.next()
  writeFileSync(join(elsewhere, 'missing.yaml'), 'here')
  await watched.next()
  t.is(watched.told(), 2)
})

test('tells of the values file, and of files that the policies name', async (t) => {
  const directory = writePolicies({ 'a.yaml': 'one' })
  const elsewhere = writePolicies({ 'values.yaml': 'a: 1', 'ca.pem': 'old' })
  const watched = watching(t, directory, join(elsewhere, 'values.yaml'))
  writeFileSync(join(elsewhere, 'ca.pem'), 'older')
  writeFileSync(join(elsewhere, 'values.yaml'), 'a: 2')
  await watched.next()
  watched.watch.follow([join(elsewhere, 'ca.pem')])
  await watched.next()
  writeFileSync(join(elsewhere, 'ca.pem'), 'new')
  await watched.next()
  t.is(watched.told(), 3)
})
