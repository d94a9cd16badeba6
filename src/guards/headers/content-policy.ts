/** What a destination's own Content-Security-Policy is worth: whether it can stand in place of ours. */

/** Any of these in what scripts may run lets a script in that an attacker wrote (CSP3 §8.4). */
const lax = /^(?:\*|'unsafe-eval'|data:|blob:|filesystem:|https?:|wss?:|https?:\/\/\*(?::.*)?)$/
/** With one of these, `'unsafe-inline'` and sources by host mean nothing to a browser of today (CSP3 §6.7.3.2). */
const named = /^'(?:nonce-[a-z0-9+/_-]+=*|sha(?:256|384|512)-[a-z0-9+/_-]+=*)'$/

type Directives = ReadonlyMap<string, readonly string[]>

/** The first of a name counts (CSP3 §2.2.1). */
function readDirectives(policy: string): Directives {
  const read = new Map<string, readonly string[]>()
  for (const directive of policy.toLowerCase().split(';')) {
    const [name = '', ...sources] = directive.split(/[\t\n\f\r ]+/).filter(Boolean)
    if (!read.has(name)) read.set(name, sources)
  }
  return read
}

/** Whether one policy of the list, which all hold together, keeps foreign scripts out, and one whoever would frame the page. */
export function isSound(header: string): boolean {
  const policies = header.split(',').map(readDirectives)
  return policies.some(keepsScriptsOut) && !policies.some(letsAnyoneFrame)
}

function keepsScriptsOut(directives: Directives): boolean {
  const fallback = directives.get('default-src')
  const scripts = directives.get('script-src') ?? fallback
  if (scripts === undefined) return false
  const finer = [directives.get('script-src-elem'), directives.get('script-src-attr')]
  const objects = directives.get('object-src') ?? fallback
  return [scripts, ...finer].every(keepsOut) && !(objects ?? []).some((source) => lax.test(source))
}

function keepsOut(sources: readonly string[] | undefined): boolean {
  if (sources === undefined) return true
  const isNamed = sources.some((source) => named.test(source))
  if (sources.includes("'unsafe-inline'") && !isNamed) return false
  if (sources.includes("'strict-dynamic'") && isNamed) return !sources.includes("'unsafe-eval'")
  return !sources.some((source) => lax.test(source))
}

/** `X-Frame-Options` counts for nothing beside `frame-ancestors` (CSP3 §6.4.2.2). */
const letsAnyoneFrame = (directives: Directives): boolean =>
  (directives.get('frame-ancestors') ?? []).some((source) => lax.test(source))
