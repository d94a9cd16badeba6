/** The path that a request goes up with: the public one, unless the policy puts another prefix in place of the file's. */

/** Returns the function that rewrites a path; `own` and `prefix` are without a trailing slash. */
export function compilePath(own: string, prefix: string | undefined): (path: string) => string {
  if (prefix === undefined) return (path) => path
  const replaced = own.split('/').length - 1
  const base = prefix === '/' ? '' : prefix
  return (path) => base + afterSegments(path, replaced) || '/'
}

/** What follows the first `count` segments; a prefix may hold parameters, so its length says nothing. */
function afterSegments(path: string, count: number): string {
  let at = 0
  for (let left = count; left > 0 && at !== -1; left--) at = path.indexOf('/', at + 1)
  return at === -1 ? '' : path.slice(at)
}
