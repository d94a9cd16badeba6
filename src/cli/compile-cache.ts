/** Where compiled code is kept. */

import { basename, dirname, join } from 'node:path'

/**
 * A folder beside the packages, whose owner owns the code: in the temporary folder of a shared machine anyone could put
 * code in place of ours. Where it cannot be written, as in most containers, Node compiles each time. `folder` is that of
 * the program: `src/cli` or `dist/cli`.
 */
export function compileCacheOf(folder: string): string {
  const root = dirname(dirname(folder))
  const packages = basename(dirname(root)) === 'node_modules' ? dirname(root) : join(root, 'node_modules')
  return join(packages, '.cache', 'portcullis')
}
