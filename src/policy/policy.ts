/** A policy directory as typed data: what people wrote, resolved route by route, each part with its place. */

import type { Fault } from '../core/diagnostic.ts'
import type { Guard } from '../guards/guard.ts'
import type { Handler } from '../handlers/handler.ts'
import type { JsonSchema } from '../schema/schema.ts'
import type { IssuerBlock } from '../services/keys/issuer.ts'
import type { RoleRule } from '../services/roles/rule.ts'
import type { WrittenSettings } from './settings.ts'
import type { Place } from './source.ts'

/** Something with a name, written at a place. */
export interface Named<T> {
  readonly name: string
  readonly value: T
  readonly at: Place
}

/** What is left of an entry with faults, once those are taken out; it is checked, and nothing else. */
export interface Fragment {
  readonly at: Place
  check(): readonly Fault[]
}

/** A file's value, as it was written. */
export interface WrittenFile {
  readonly at: Place
  readonly tree: unknown
}

/** A file, with the members of its top level. */
export interface PolicyFile {
  readonly at: Place
  readonly sections: Readonly<Record<string, unknown>>
}

/** A place, and who owns what is counted there. */
export interface Origin {
  readonly at: Place
  /** `profile/`, `service/` or `service/METHOD /path/`. */
  readonly owner: string
  /** The reason that stands beside it, for being weaker than what it inherits. */
  readonly because?: string | undefined
}

/** A guard's block as it holds for one route, inheritance resolved. */
export interface Block extends Origin {
  readonly guard: Guard
  readonly value: unknown
  /** Of a list: where each item comes from. */
  readonly items: readonly Origin[]
}

/** A block that took the place of an inherited one, or took it away. */
export interface Weakening extends Origin {
  readonly guard: string
  readonly inherited: Place
  readonly off: boolean
}

export interface DestinationBlock {
  readonly handler: Handler
  readonly value: unknown
  readonly at: Place
  /** Its own value has faults, which are reported; what is left of it is checked, and nothing else. */
  readonly broken: boolean
}

/** What the OpenAPI document says of a route in its author's words. */
export interface Caption {
  readonly summary?: string
  readonly description?: string
  readonly deprecated?: boolean
  /** Whether the document shows the route at all; true unless told. */
  readonly document?: boolean
}

export interface Route {
  /** As written: `GET /:id`. */
  readonly key: string
  readonly method: string
  /** Prefix included, normalised: `/orders/:id`. */
  readonly path: string
  readonly params: readonly string[]
  readonly prefix: string
  readonly service: string
  readonly hosts: readonly string[]
  readonly at: Place
  readonly owner: string
  readonly cost: number
  readonly because: string | undefined
  readonly reportOnly: readonly string[]
  readonly caption: Caption
  readonly blocks: ReadonlyMap<string, Block>
  /** Guards whose block is there but has faults, which are reported. */
  readonly broken: ReadonlySet<string>
  /** What is left of those blocks; it is checked, and nothing else. */
  readonly fragments: readonly Block[]
  readonly destinations: readonly DestinationBlock[]
  readonly weakenings: readonly Weakening[]
}

/** A text that is filled in when the server opens. */
export interface Reference {
  readonly kind: 'env' | 'secret' | 'file'
  readonly name: string
  /** Of `${env:NAME:-default}`. */
  readonly fallback: string | undefined
  /** As written, `${…}` included. */
  readonly text: string
  readonly at: Place
}

export interface Policy {
  /** As they were written, values filled in and references not. */
  readonly written: readonly WrittenFile[]
  readonly files: readonly PolicyFile[]
  readonly digest: string
  /** Whether every file of the directory could be read: if not, what seems to be missing may stand in another. */
  readonly whole: boolean
  readonly settings: readonly Named<WrittenSettings>[]
  readonly issuers: readonly Named<IssuerBlock>[]
  /** One entry a place: a role's rules may stand in several files. */
  readonly roles: readonly Named<readonly RoleRule[]>[]
  /** The names of entries that have faults of their own, which are reported. */
  readonly broken: { readonly issuers: ReadonlySet<string>; readonly roles: ReadonlySet<string> }
  readonly fragments: readonly Fragment[]
  readonly schemas: readonly Named<JsonSchema>[]
  readonly profiles: readonly Named<Readonly<Record<string, unknown>>>[]
  /** Names that `use` asked for. */
  readonly usedProfiles: ReadonlySet<string>
  readonly routes: readonly Route[]
  readonly references: readonly Reference[]
}
