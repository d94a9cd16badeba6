/** JSON Pointers (RFC 6901): a path as one string, and back. */

import type { Path } from './schema.ts'

/** A path as a JSON Pointer; the empty path is the empty string. */
export const toPointer = (path: Path): string =>
  path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** The segments of a JSON Pointer written as a URI fragment (RFC 6901 §6), or undefined where it is none. */
export function readFragment(fragment: string): readonly string[] | undefined {
  if (fragment === '#') return []
  if (!fragment.startsWith('#/')) return undefined
  try {
    const segments = decodeURIComponent(fragment.slice(2)).split('/')
    return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
  } catch {
    return undefined
  }
}
