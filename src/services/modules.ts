/** Brings in what policies name as `./file.ts#export`: handlers and loaders. */

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StartFault } from '../core/start-fault.ts'
import { suggest } from '../core/suggest.ts'

/** A file beside the policy file, and a name that it exports. */
export const modulePattern = '^\\.\\.?/[^#?%\\\\]+\\.(ts|mts|js|mjs|cjs)#[A-Za-z_$][A-Za-z0-9_$]*$'

interface Reference {
  readonly path: string
  readonly name: string
}

function readReference(reference: string, folder: string): Reference | undefined {
  if (!new RegExp(modulePattern).test(reference)) return undefined
  const hash = reference.indexOf('#')
  return { path: resolve(folder, reference.slice(0, hash)), name: reference.slice(hash + 1) }
}

/** Why a reference cannot be right, as far as that shows without running the module. */
export function moduleFault(reference: string, folder: string): string | undefined {
  const found = readReference(reference, folder)
  if (found === undefined) return `expected \`./file.ts#export\`, got \`${reference}\``
  if (statSync(found.path, { throwIfNoEntry: false })?.isFile()) return undefined
  return `expected a file at \`${found.path}\`, found none`
}

/** Imports what a reference names; rejects with a `StartFault` that says what to do. */
export async function importExport(reference: string, folder: string): Promise<unknown> {
  const found = readReference(reference, folder)
  const fault = moduleFault(reference, folder)
  if (found === undefined || fault !== undefined) throw new StartFault(`cannot import \`${reference}\`: ${fault}`)
  const module = await load(reference, found.path)
  if (Object.hasOwn(module, found.name)) return module[found.name]
  throw new StartFault(`cannot import \`${reference}\`: ${describeExports(found, Object.keys(module))}`)
}

/** Imports a function; anything else is a `StartFault`. */
export const importFunction = async (reference: string, folder: string): Promise<(...args: never[]) => unknown> =>
  demandFunction(await importExport(reference, folder), reference)

/** What was imported, if it is a function; anything else is a `StartFault`. */
export function demandFunction(value: unknown, reference: string): (...args: never[]) => unknown {
  if (typeof value === 'function') return value as (...args: never[]) => unknown
  const type = value === null ? 'null' : typeof value
  throw new StartFault(
    `cannot use \`${reference}\`: expected a function, got \`${type}\`; export a function under this name`,
  )
}

async function load(reference: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (error) {
    const fault = `cannot import \`${reference}\`: ${messageOf(error)} (${placeOf(error, path)}); mend the module and start again`
    throw new StartFault(fault, { cause: error })
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : `it threw \`${String(error)}\``

/** The first line of the module in the stack, where there is one. */
function placeOf(error: unknown, path: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const at = [path, pathToFileURL(path).href]
    .map((name) => stack.indexOf(`${name}:`) + name.length)
    .find((end) => end >= path.length && stack[end] === ':')
  const line = at === undefined ? undefined : /^:\d+/.exec(stack.slice(at))?.[0]
  return `${path}${line ?? ''}`
}

function describeExports({ path, name }: Reference, names: readonly string[]): string {
  const near = suggest(name, names)
  if (near !== undefined) return `\`${path}\` does not export \`${name}\`; did you mean \`${near}\`?`
  const listed = names.map((each) => `\`${each}\``).join(', ')
  return `\`${path}\` does not export \`${name}\`, but ${listed || 'nothing'}; export it, or name another`
}
