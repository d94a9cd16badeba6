/** Looks at the cookies of every answer, whatever was asked. */

import { nameOf, weaknessOf } from './judge-cookies.ts'
import type { Answer, CookieTerms, Plan, Untried } from './probe.ts'
import type { Finding, Tried } from './run.ts'

interface Seen {
  /** Cookies that were set, with what they lack. */
  readonly cookies: Map<string, string | undefined>
}

export class CookieWatch {
  readonly #isSecure: boolean
  readonly #seen = new Map<CookieTerms, Seen>()

  constructor({ probes, readings, volleys, crowds }: Plan, isSecure: boolean) {
    this.#isSecure = isSecure
    const tried = [
      ...probes,
      ...readings.flatMap(({ readers }) => readers.map(({ probe }) => probe)),
      ...volleys,
      ...crowds,
    ]
    for (const { cookies } of tried) if (cookies !== undefined) this.#seen.set(cookies, { cookies: new Map() })
  }

  /** What is wrong with the cookies of an answer, each told once a route. */
  see(tried: Tried, { cookies }: Answer): readonly Finding[] {
    const seen = tried.cookies && this.#seen.get(tried.cookies)
    if (tried.cookies === undefined || seen === undefined) return []
    const { source } = tried.cookies
    const findings: Finding[] = []
    for (const cookie of cookies) {
      const [name, message] = [nameOf(cookie), weaknessOf(cookie, tried.cookies, this.#isSecure)]
      const isTold = seen.cookies.get(name) !== undefined
      if (!isTold) seen.cookies.set(name, message)
      if (message === undefined || isTold) continue
      findings.push({ probe: { ...tried, guard: 'headers', source, title: `the cookie \`${name}\`` }, message })
    }
    return findings
  }

  /** The routes whose cookies are as the policy says. */
  get sound(): number {
    const all = [...this.#seen.values()].filter(({ cookies }) => cookies.size > 0)
    return all.filter(({ cookies }) => [...cookies.values()].every((lack) => lack === undefined)).length
  }

  /** The blocks that say something of cookies, and none of whose routes set one. */
  get unseen(): readonly Untried[] {
    const written = [...this.#seen].filter(([{ block }]) => block !== undefined)
    const byBlock = Map.groupBy(written, ([{ source }]) => `${source.file}:${source.line}`)
    const silent = [...byBlock].filter(([, routes]) => routes.every(([, { cookies }]) => cookies.size === 0))
    return silent.map(([place]) => ({
      guard: 'headers',
      route: '',
      why: `no answer set a cookie that \`${place}\` speaks of`,
    }))
  }
}
