/** What is installed beside the code: pinned by its content, from the registry, without scripts, and free to be given on. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { root } from './helpers/markdown.ts'

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly link?: boolean
  readonly hasInstallScript?: boolean
}

type Names = Readonly<Record<string, string>>

interface Manifest {
  readonly dependencies: Names
  readonly devDependencies: Names
  readonly scripts: Names
  readonly allowScripts: Readonly<Record<string, boolean>>
}

const readJson = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))

const manifest: Manifest = readJson('package.json')

/** The packages of a lock file by their folder; the first entry of one is the project itself. */
const packagesOf = (lock: string): readonly (readonly [folder: string, Locked])[] =>
  Object.entries<Locked>(readJson(lock).packages).filter(([folder]) => folder !== '')

const locked = packagesOf('package-lock.json')

/** Licences under which whoever gives the server on owes no more than their text. */
const permissive = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'])

/** `A OR B` may be taken as either. */
const choicesOf = ({ license = '' }: Locked): readonly string[] => license.replace(/^\((.*)\)$/, '$1').split(' OR ')

/** The server runs with these; the compiler and the like are not among them. */
const ofProduction = locked.filter(([, { dev }]) => dev !== true)

for (const lock of ['package-lock.json', 'scripts/bench/package-lock.json'])
  test(`every package of ${lock} is known by its content, and comes from the registry`, (t) => {
    const packages = packagesOf(lock)
    t.true(packages.length > 100)
    for (const [folder, { resolved, integrity, link }] of packages) {
      t.regex(integrity ?? '', /^sha512-[A-Za-z0-9+/]{86}==$/, folder)
      t.regex(resolved ?? 'https://registry.npmjs.org/', /^https:\/\/registry\.npmjs\.org\//, folder)
      t.not(link, true, folder)
    }
  })

test('the lock file is that of package.json', (t) => {
  const { dependencies, devDependencies } = readJson('package-lock.json').packages['']
  t.deepEqual(
    { dependencies, devDependencies },
    {
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    },
  )
})

test('what is installed runs no script, but for Node itself in a checkout', (t) => {
  const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true)
  const names = scripted.map(([folder]) => folder.replace('node_modules/', ''))
  t.deepEqual(names, ['@scarf/scarf', 'node'])
  t.true(scripted.every(([, { dev }]) => dev === true))
  t.deepEqual(manifest.allowScripts, { node: true, '@scarf/scarf': false })
})

test('the package runs no script where it is installed', (t) => {
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) t.false(name in manifest.scripts, name)
})

test('Node is pinned in a checkout, and is one that the package runs on', (t) => {
  const [, node] = locked.find(([folder]) => folder === 'node_modules/node') ?? []
  t.regex(node?.version ?? '', /^24\.\d+\.\d+$/)
  t.is(readJson('package.json').engines.node, '>=24.12')
  t.true(Number(node?.version?.split('.')[1]) >= 12)
})

test('what the server is given on with is under a permissive licence', (t) => {
  t.true(ofProduction.length > 50)
  for (const [folder, found] of ofProduction)
    t.true(
      choicesOf(found).some((name) => permissive.has(name)),
      `${folder}: ${found.license}`,
    )
})

test('every dependency of production is told with what it is for', (t) => {
  const text = readFileSync(join(root, 'docs/supply-chain.md'), 'utf8')
  for (const name of Object.keys(manifest.dependencies)) t.true(text.includes(`\`${name}\``), name)
})
