/** The package as it is published, and a project that has it installed without a registry. */

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'
import { root } from './markdown.ts'

const temporary = mkdtempSync(join(tmpdir(), 'portcullis-package-'))
process.once('exit', () => rmSync(temporary, { recursive: true, force: true }))

/** Of a new user: nothing of the checkout in the way, no registry asked. */
export const userEnvironment = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  NODE_ENV: 'development',
  npm_config_cache: join(temporary, 'npm'),
  npm_config_update_notifier: 'false',
}

export interface Packed {
  readonly tarball: string
  readonly files: readonly { readonly path: string; readonly mode: number }[]
}

/** Packs a copy of the checkout. */
export function pack(): Packed {
  const output = execFileSync('npm', ['pack', '--json', '--offline', '--pack-destination', temporary], {
    cwd: copyCheckout(),
    env: userEnvironment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [{ filename, files }] = JSON.parse(output.slice(output.search(/^\[/m)))
  return { tarball: join(temporary, filename), files }
}

/** What a checkout holds, without what is made or brought in. */
function copyCheckout(): string {
  const copy = join(temporary, 'checkout')
  const left = /^(?:node_modules|dist|data|\.git|scripts\/bench\/node_modules)$/
  cpSync(root, copy, { recursive: true, filter: (path) => !left.test(relative(root, path)) })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** An empty folder. */
export function emptyProject(): string {
  return mkdtempSync(join(temporary, 'project-'))
}

/** What `npm install` of the tarball does; what a registry would bring comes from the checkout: its dependencies, and `others`. */
export function installPackage(project: string, { tarball }: Packed, others: readonly string[] = []): void {
  const at = join(project, 'node_modules/portcullis')
  mkdirSync(at, { recursive: true })
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', at])
  const { dependencies, bin } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'))
  for (const name of new Set([...Object.keys(dependencies), ...others])) link(project, name)
  mkdirSync(join(project, 'node_modules/.bin'))
  for (const [name, file] of Object.entries(bin))
    symlinkSync(`../portcullis/${file}`, join(project, 'node_modules/.bin', name))
}

function link(project: string, name: string): void {
  const at = join(project, 'node_modules', name)
  mkdirSync(dirname(at), { recursive: true })
  symlinkSync(join(root, 'node_modules', name), at)
}
