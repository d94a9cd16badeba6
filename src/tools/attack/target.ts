/** A route as its callers see it: one request that the policy lets through, from which every attack is made by one change. */

import type { Code } from '../../core/denial.ts'
import { hasReference } from '../../core/expression.ts'
import type { Source } from '../../core/site.ts'
import type { CookiesBlock } from '../../guards/headers/cookies.ts'
import { type HeadersBlock, readOptions } from '../../guards/headers/headers-block.ts'
import type { InputBlock } from '../../guards/input/input-block.ts'
import type { ScopesBlock } from '../../guards/scopes.ts'
import { type Part, partsOf } from '../../policy/openapi/parts.ts'
import type { Policy, Route } from '../../policy/policy.ts'
import { factsOf, siteOf } from '../../policy/site.ts'
import { tokenMethodsOf } from '../../policy/who.ts'
import { compileSchema } from '../../schema/compile.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import { type Caller, callerOf } from './caller.ts'
import type { Forge, Wishes } from './forge.ts'
import type { CookieTerms, Expectation, Field, Probe, ProbeRequest, Untried } from './probe.ts'
import { accepts, type Schemas, type Witnessed, witness } from './schema/witness.ts'
import { type BodyWriter, bodyWriter, type Files, fieldsOf } from './write-body.ts'
import { bodyText, parametersOf, targetOf } from './write-request.ts'

/** Where the parameters of a request stand, each place with its schema and values that fit. */
export interface Places {
  readonly path: Witnessed
  readonly query: Witnessed
  readonly header: Witnessed
  readonly cookie: Witnessed
}

export interface BodyShape {
  readonly required: boolean
  readonly type: string
  /** Any type will do. */
  readonly isOpen: boolean
  readonly maxBytes: string | undefined
  /** None for a body that nobody reads. */
  readonly read: ReadBody | undefined
}

/** A body that a schema judges. */
export interface ReadBody {
  readonly witness: Witnessed
  /** One a media type, the one of good requests first. */
  readonly writers: readonly BodyWriter[]
  readonly files: Files
}

/** What is said of a request in place of what the good one says. */
export interface Change {
  readonly method?: string
  readonly places?: Partial<Places>
  readonly path?: string
  readonly headers?: readonly Field[]
  readonly wishes?: Wishes
  /** What a browser says of the page that sends it; one of this very site unless told. */
  readonly page?: readonly Field[]
  /** In place of the good credential. */
  readonly credential?: readonly Field[]
  readonly body?: string | undefined
  readonly contentType?: string | undefined
}

interface Known {
  readonly policy: Policy
  /** Shared by name. */
  readonly schemas: Schemas
  readonly forge: Forge
}

/** As people know a route, its prefix included. */
export const titleOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method} ${path}`

export class Target {
  readonly route: Route
  readonly method: string
  readonly parts: readonly Part[]
  readonly places: Places
  readonly body: BodyShape | undefined
  /** None where the route asks for a credential that is not at hand: then nothing behind it can be tried. */
  readonly caller: Caller | undefined
  readonly cookies: CookieTerms

  private constructor(route: Route, known: Pick<Target, 'parts' | 'places' | 'body' | 'caller'>) {
    this.route = route
    this.method = route.method === 'ANY' ? 'POST' : route.method
    this.parts = known.parts
    this.places = known.places
    this.body = known.body
    this.caller = known.caller
    this.cookies = { source: this.sourceOf('headers'), block: cookiesOf(route) }
  }

  /** A target, or why no request can be made that the policy lets through. */
  static of(route: Route, { policy, schemas, forge }: Known): Target | string {
    const parts = partsOf(route)
    const places = placesOf(parts, schemas)
    if (places === undefined) return 'no parameters are known that fit their schemas'
    const body = bodyOf(route, parts, schemas)
    if (body === 'unknown') return 'no body is known that fits its schema'
    return new Target(route, { parts, places, body, caller: callerOf(route, policy, forge) })
  }

  /** The scopes that a good request carries. */
  get scopes(): readonly string[] {
    const block = this.route.blocks.get('scopes')?.value as ScopesBlock | undefined
    return block === undefined ? [] : 'any' in block ? block.any.slice(0, 1) : block
  }

  get wishes(): Wishes {
    const { audience, acr } = tokenMethodsOf(this.route)[0]?.options ?? {}
    return { scopes: this.scopes, audience: [audience ?? []].flat()[0], acr: [acr ?? []].flat()[0] }
  }

  /** The good request, or one that differs in what is told. */
  request(change: Change = {}): ProbeRequest {
    const places = { ...this.places, ...change.places }
    const body = 'body' in change ? change.body : bodyText(this.body)
    const type = change.contentType ?? this.body?.type
    return {
      method: change.method ?? this.method,
      target: targetOf(this.route, places, change.path),
      headers: [
        ...hostOf(this.route),
        ...(change.page ?? this.#page()),
        ...parametersOf(places),
        ...(body === undefined || type === undefined ? [] : [['Content-Type', type] as const]),
        ...(change.headers ?? []),
      ],
      credential: this.#credential(change),
      ...(body !== undefined && { body }),
    }
  }

  /** A probe at the line of a guard. */
  probe(guard: string, title: string, request: Probe['request'], expected: Expectation): Probe {
    return {
      guard,
      route: titleOf(this.route),
      source: this.sourceOf(guard),
      title,
      request,
      expected,
      cookies: this.cookies,
    }
  }

  untried(guard: string, why: string): Untried {
    return { guard, route: titleOf(this.route), why }
  }

  /** The line of a guard's block, or of the route where it has none. */
  sourceOf(guard: string): Source {
    const block = this.route.blocks.get(guard)
    const facts = factsOf(this.route)
    if (block === undefined) return facts.source
    const { file, line } = siteOf(block, facts)
    return { file, line }
  }

  /** Whether a guard refuses here, and is not being tried out. */
  enforces(guard: string): boolean {
    return this.route.blocks.has(guard) && !this.route.reportOnly.includes(guard)
  }

  /** What the guards before the destination refuse with, and the destination itself does not. */
  get refusals(): readonly Code[] {
    const own = new Set(this.route.destinations.flatMap(({ handler }) => handler.refuses))
    const guards = [...this.route.blocks.values()].filter(({ guard }) => !this.route.reportOnly.includes(guard.name))
    // With a resource of its own, roles may refuse what nobody can know from without.
    const known = guards.filter(({ guard }) => guard.name !== 'authorize')
    const codes = known.flatMap(({ guard }) => guard.refuses).filter((code) => !own.has(code))
    return [...new Set<Code>([...codes, 'route_unknown', 'method_not_allowed', 'host_unknown'])].filter(isLasting)
  }

  #credential({ credential, wishes }: Change): readonly Field[] {
    return credential ?? this.caller?.fields({ ...this.wishes, ...wishes }) ?? []
  }

  /** A page of this very site, as far as `csrf` asks. */
  #page(): readonly Field[] {
    return this.route.blocks.has('csrf') ? [['Sec-Fetch-Site', 'same-origin']] : []
  }
}

/** What may pass the next time says nothing of the policy. */
const passing: readonly Code[] = [
  'rate_limited',
  'overloaded',
  'state_unavailable',
  'keys_unavailable',
  'audit_unavailable',
  'upstream_timeout',
]
const isLasting = (code: Code): boolean => !passing.includes(code)

function placesOf(parts: readonly Part[], schemas: Schemas): Places | undefined {
  const schemaOf = (place: keyof Places): JsonSchema =>
    parts.find((part) => part.parameters?.[place] !== undefined)?.parameters?.[place] ?? {
      type: 'object',
      properties: {},
    }
  const [path, query, header, cookie] = (['path', 'query', 'header', 'cookie'] as const).map((place) =>
    witness(schemaOf(place), schemas),
  )
  return path && query && header && cookie && { path, query, header, cookie }
}

function bodyOf(route: Route, parts: readonly Part[], schemas: Schemas): BodyShape | 'unknown' | undefined {
  const body = parts.find((part) => part.body !== undefined)?.body
  if (body === undefined) return undefined
  const input = route.blocks.get('input')?.value as InputBlock | undefined
  const read = body.schema && readBodyOf(body.schema, body, schemas)
  if (body.schema !== undefined && read === undefined) return 'unknown'
  const isOpen = body.types.includes('*/*')
  const [type = 'application/json'] = body.types
  return {
    required: body.required,
    type: isOpen ? 'text/plain' : (read?.writers[0]?.type ?? type),
    isOpen,
    maxBytes: input?.maxBytes,
    read,
  }
}

type BodyPart = NonNullable<Part['body']>

/** Undefined where no value is known that fits the schema in each of its forms. */
function readBodyOf(schema: JsonSchema, { types, files = {} }: BodyPart, schemas: Schemas): ReadBody | undefined {
  const found = witness(schema, schemas)
  const writers = types.map((type) => bodyWriter(type, files))
  const isForm = writers.some(({ form }) => form !== 'json')
  const reads = isForm ? compileSchema(schema, { schemas, readStrings: true }) : undefined
  if (found === undefined || (reads !== undefined && !accepts(reads, fieldsOf(Object(found.value))))) return undefined
  return { witness: found, writers, files }
}

function cookiesOf({ blocks }: Route): CookiesBlock | undefined {
  const { cookies } = readOptions((blocks.get('headers')?.value ?? 'api') as HeadersBlock)
  return hasReference(JSON.stringify(cookies)) ? undefined : cookies
}

/** A host that the route answers, where it does not answer any. */
function hostOf({ hosts: [host] }: Route): readonly Field[] {
  return host === undefined ? [] : [['Host', host.replace(/^\*/, 'attack')]]
}
