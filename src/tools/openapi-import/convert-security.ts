/** What a document asks of callers, as issuers, `authenticate` and `scopes`. */

import { isMembers, type Members } from '../../schema/types.ts'
import { Names, plainName } from './names.ts'
import type { Notes } from './notes.ts'
import type { References } from './references.ts'
import { listOf, membersOf, onOneLine, textOf } from './written.ts'

export interface Access {
  readonly authenticate: unknown
  readonly scopes?: unknown
  readonly isPublic: boolean
}

/** One way in: the schemes that it asks for together, with their scopes. */
interface Alternative {
  readonly schemes: readonly string[]
  readonly scopes: readonly string[]
}

const unsaid = 'stand-in'
const audience = 'api'

export class Security {
  readonly #schemes: Members
  readonly #root: unknown
  readonly #references: References
  readonly #notes: Notes
  readonly #names = new Names()
  /** Issuer → the scopes that routes ask of it. */
  readonly #issuers = new Map<string, Set<string>>()
  /** Whether the document speaks of security anywhere: only then does silence mean that all may call. */
  readonly #isSaid: boolean

  constructor(root: Members, references: References, notes: Notes) {
    this.#schemes = membersOf(membersOf(root.components).securitySchemes)
    this.#root = root.security
    this.#references = references
    this.#notes = notes
    const operations = Object.values(membersOf(root.paths)).flatMap((path) => Object.values(membersOf(path)))
    this.#isSaid = [root, ...operations].some((each) => Array.isArray(membersOf(each).security))
    if (!this.#isSaid)
      notes.add(
        'the document says nowhere who may call, so each route asks for a token; write `authenticate: public` where all may',
      )
  }

  /** Who may call an operation; what cannot be said is made stricter, never looser. */
  accessTo({ security = this.#root }: Members, note: (text: string) => void): Access {
    const requirements = security === undefined ? [] : readRequirements(security)
    if (requirements === undefined) note('`security` is no list of schemes with their scopes, so a token is asked for')
    if (!this.#isSaid || requirements === undefined) return { authenticate: this.#tokenOf([unsaid]), isPublic: false }
    const alternatives = requirements.map((requirement) => this.#readAlternative(requirement, note))
    const credentials = alternatives.filter(({ schemes }) => schemes.length > 0)
    const isOptional = credentials.length < alternatives.length
    if (credentials.length === 0) return { authenticate: 'public', isPublic: true }
    const issuers = [...new Set(credentials.map(({ schemes: [scheme = unsaid] }) => scheme))]
    const token = this.#tokenOf(issuers)
    if (isOptional) return { authenticate: [token, 'public'], isPublic: true }
    const scopes = joinScopes(credentials, note)
    for (const issuer of issuers) for (const scope of scopes) this.#issuerOf(issuer).add(scope)
    return { authenticate: token, ...(scopes.length > 0 && { scopes }), isPublic: false }
  }

  /** The issuers that routes name. */
  issuers(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      [...this.#issuers].map(([name, scopes]) => [
        name,
        { builtin: true, audience, ...(scopes.size > 0 && { scopes: [...scopes] }) },
      ]),
    )
  }

  #tokenOf(schemes: readonly string[]): unknown {
    const issuers = schemes.map((scheme) => {
      this.#issuerOf(scheme)
      return this.#nameOf(scheme)
    })
    return { jwt: { issuers } }
  }

  #nameOf(scheme: string): string {
    return this.#names.of(scheme, plainName(scheme, 'issuer'))
  }

  #issuerOf(scheme: string): Set<string> {
    const name = this.#nameOf(scheme)
    const known = this.#issuers.get(name)
    if (known !== undefined) return known
    const scopes = new Set<string>()
    this.#issuers.set(name, scopes)
    for (const text of this.#describe(scheme)) this.#notes.add(text, { section: 'issuers', name })
    return scopes
  }

  #readAlternative(requirement: Members, note: (text: string) => void): Alternative {
    const asked = Object.entries(requirement)
    const known = asked.toSorted(([a], [b]) => Number(this.#isToken(b)) - Number(this.#isToken(a)))
    if (known.length > 1)
      note(
        `the document asks for ${known.map(([name]) => name).join(' and ')} together; here ${known[0]?.[0]} alone is asked for`,
      )
    const scopes = known.flatMap(([, names]) => listOf(names).map((name) => textOf(name) ?? JSON.stringify(name)))
    return { schemes: known.map(([name]) => name), scopes: scopes.map(readScope) }
  }

  #schemeOf(name: string): Members {
    return membersOf(this.#references.follow(Object.hasOwn(this.#schemes, name) ? this.#schemes[name] : undefined))
  }

  #isToken(name: string): boolean {
    const { type, scheme } = this.#schemeOf(name)
    return (
      type === 'oauth2' || type === 'openIdConnect' || (type === 'http' && textOf(scheme)?.toLowerCase() === 'bearer')
    )
  }

  /** What stands above an issuer: what the document asks for, and how it is written in earnest. */
  #describe(name: string): readonly string[] {
    const variable = name
      .normalize('NFKD')
      .replace(/[^A-Za-z0-9]+/g, '_')
      .toUpperCase()
    const form = this.#realForm(this.#schemeOf(name), /^[A-Z]/.test(variable) ? variable : `API_${variable}`)
    const real = `${this.#nameOf(name)}: ${form}`
    const development = 'signed by this server, for development alone; in earnest:'
    if (name === unsaid || this.#isToken(name)) return [development, real]
    const { type = 'a scheme that is not described', scheme, in: where, name: key } = this.#schemeOf(name)
    const asked = [type, scheme, where, key].filter((word) => word !== undefined).map((word) => onOneLine(String(word)))
    return [
      `stands in for \`${asked.join(' ')}\`, which the language does not have: its routes ask for a token of this issuer, so they are not open`,
      real,
    ]
  }

  #realForm({ openIdConnectUrl }: Members, variable: string): string {
    const url = textOf(openIdConnectUrl)
    const issuer = url?.replace(/\/?\.well-known\/openid-configuration$/, '') ?? `\${env:${variable}_ISSUER}`
    return `{ issuer: '${issuer}', audience: '\${env:${variable}_AUDIENCE}', algorithms: [RS256, ES256], jwks: '\${env:${variable}_JWKS}' }`
  }
}

/** Undefined where it is of another form: it would read as no requirement, which lets everyone in. */
const readRequirements = (security: unknown): readonly Members[] | undefined =>
  Array.isArray(security) && security.every((each) => isMembers(each) && Object.values(each).every(Array.isArray))
    ? security
    : undefined

/** A scope has no spaces and quotes (RFC 6749 §3.3). */
const readScope = (scope: string): string => scope.replace(/[^\x21\x23-\x5b\x5d-\x7e]+/g, '_').slice(0, 256) || '_'

/** The same everywhere, or all of them: a list of alternatives with different scopes is made stricter. */
function joinScopes(alternatives: readonly Alternative[], note: (text: string) => void): readonly string[] {
  const all = new Set(alternatives.flatMap(({ scopes }) => scopes))
  if (alternatives.some(({ scopes }) => new Set(scopes).size < all.size))
    note('of several ways in, the document asks for different scopes; here all of them are asked for')
  return [...all]
}
