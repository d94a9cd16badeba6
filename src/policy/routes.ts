/** Resolves what holds for each route: profile, defaults, the route's own blocks, `inherit` and `off`. */

import { basename } from 'node:path'
import type { Rules } from '../core/diagnostic.ts'
import { suggest } from '../core/suggest.ts'
import { guards } from '../guards/index.ts'
import { handlers } from '../handlers/index.ts'
import type { Finding } from './findings.ts'
import { type Layer, readLayer, resolveBlock } from './layers.ts'
import type { PolicyFile } from './parse.ts'
import type { Block, DestinationBlock, Named, Route, Weakening } from './policy.ts'
import { readKey, routeKeyRules } from './route-key.ts'
import { readPath } from './route-path.ts'
import { handlerShapes, judge, shapes } from './shapes.ts'
import type { Place } from './source.ts'

export const routeRules: Rules = {
  'policy/duplicate-name': {
    severity: 'error',
    cause: 'Each named thing exists once in the directory; of two, nobody could say which one holds.',
    hint: 'rename one of the two, or take it out',
  },
  ...routeKeyRules,
  'profiles/unknown': {
    severity: 'error',
    cause: '`use` names a profile that no `profiles` section declares.',
    hint: 'declare it under `profiles`',
  },
  'policy/nothing-to-inherit': {
    severity: 'error',
    cause: '`inherit` stands where no list is inherited, so it would add nothing.',
    hint: 'take `inherit` out, or declare the list in `defaults`',
  },
}

type Report = (finding: Finding) => void
type Tree = Readonly<Record<string, unknown>>

export interface Resolved {
  readonly routes: readonly Route[]
  readonly usedProfiles: ReadonlySet<string>
}

/** What every route of a file shares. */
interface FileScope {
  readonly at: Place
  readonly service: string
  readonly hosts: readonly string[]
  readonly prefix: string
  readonly inherited: readonly Layers[]
  readonly upstream: DestinationBlock | undefined
}

/** The blocks of one layer, by guard. */
type Layers = ReadonlyMap<string, Layer>

/** Resolves every route of every file. */
export function resolveRoutes(
  files: readonly PolicyFile[],
  profiles: readonly Named<unknown>[],
  report: Report,
): Resolved {
  const resolver = new Resolver(profiles, report)
  return { routes: files.flatMap((file) => resolver.file(file)), usedProfiles: resolver.usedProfiles }
}

class Resolver {
  readonly usedProfiles = new Set<string>()
  readonly #profiles: ReadonlyMap<string, Layers>
  readonly #report: Report

  constructor(profiles: readonly Named<unknown>[], report: Report) {
    this.#report = report
    this.#profiles = new Map(
      profiles.map(({ name, value, at }) => [
        name,
        this.#layers(judgeShape(shapes.profile, value, at, report), at, `${name}/`),
      ]),
    )
  }

  file(file: PolicyFile): readonly Route[] {
    const { routes } = file.sections
    if (typeof routes !== 'object' || routes === null || Array.isArray(routes)) return []
    const scope = this.#scope(file)
    return Object.entries(routes).flatMap(([key, value]) => this.#route(key, value, scope))
  }

  #scope({ at, sections }: PolicyFile): FileScope {
    const service =
      typeof sections.service === 'string' ? sections.service : basename(at.source.file).replace(/\.ya?ml$/, '')
    const defaultsAt = below(at, 'defaults')
    const defaults =
      sections.defaults === undefined ? {} : judgeShape(shapes.defaults, sections.defaults, defaultsAt, this.#report)
    const profile = this.#use(defaults, defaultsAt)
    return {
      at,
      service,
      hosts: [sections.host ?? []]
        .flat()
        .filter((host) => typeof host === 'string')
        .map((host) => host.toLowerCase()),
      prefix: this.#prefix(sections.prefix, below(at, 'prefix')),
      inherited: [...profile, this.#layers(defaults, defaultsAt, `${service}/`)],
      upstream: this.#destination(sections, 'upstream', at),
    }
  }

  #prefix(prefix: unknown, at: Place): string {
    if (typeof prefix !== 'string' || prefix === '/') return ''
    const path = prefix.endsWith('/') ? 'expected a prefix without a trailing `/`' : readPath('', prefix)
    if (typeof path !== 'string') return path.path
    this.#report({ rule: 'routes/invalid-path', at, message: path })
    return ''
  }

  #route(key: string, value: unknown, scope: FileScope): readonly Route[] {
    const at = below(scope.at, 'routes', key)
    const named = readKey(key, scope.prefix, at, this.#report)
    const own = judgeShape(shapes.route, value ?? {}, at, this.#report)
    const owner = `${scope.service}/${named?.method} ${named?.path.path}/`
    const layers = [...scope.inherited, ...this.#use(own, at), this.#layers(own, at, owner)]
    if (named === undefined) return []
    const { method, path } = named
    const facts = {
      key,
      method,
      path: path.path,
      params: path.params,
      prefix: scope.prefix,
      service: scope.service,
      hosts: scope.hosts,
      at,
      owner,
    }
    return [
      { ...facts, ...settingsOf(own), ...this.#blocks(layers, at), destinations: this.#destinations(own, at, scope) },
    ]
  }

  /** Inheritance block by block, innermost last. */
  #blocks(layers: readonly Layers[], at: Place): Pick<Route, 'blocks' | 'broken' | 'weakenings'> {
    const blocks = new Map<string, Block>()
    const broken = new Set<string>()
    const weakenings: Weakening[] = []
    for (const guard of guards) {
      const own = layers.flatMap((layer) => layer.get(guard.name) ?? [])
      const resolved = resolveBlock(guard, own, this.#report)
      if (resolved.broken) broken.add(guard.name)
      weakenings.push(...resolved.weakenings)
      const block = resolved.block ?? implicit(guard, at)
      if (block !== undefined && !resolved.broken) blocks.set(guard.name, block)
    }
    return { blocks, broken, weakenings }
  }

  #layers(tree: Tree, at: Place, owner: string): Layers {
    const written = guards.filter((guard) => tree[guard.name] !== undefined)
    return new Map(
      written.map((guard) => [
        guard.name,
        readLayer(guard, tree[guard.name], { at: below(at, guard.name), owner }, this.#report),
      ]),
    )
  }

  #use(tree: Tree, at: Place): readonly Layers[] {
    if (typeof tree.use !== 'string') return []
    this.usedProfiles.add(tree.use)
    const layers = this.#profiles.get(tree.use)
    if (layers !== undefined) return [layers]
    const near = suggest(tree.use, [...this.#profiles.keys()])
    this.#report({
      rule: 'profiles/unknown',
      at: below(at, 'use'),
      message: `no profile is named \`${tree.use}\``,
      hint: near && `did you mean \`${near}\`?`,
    })
    return []
  }

  #destinations(own: Tree, at: Place, scope: FileScope): readonly DestinationBlock[] {
    const written = handlers.flatMap(({ name }) => this.#destination(own, name, at) ?? [])
    return written.length === 0 && scope.upstream !== undefined ? [scope.upstream] : written
  }

  #destination(tree: Tree, name: string, at: Place): DestinationBlock | undefined {
    const handler = handlers.find((candidate) => candidate.name === name)
    const shape = handlerShapes.get(name)
    if (tree[name] === undefined || handler === undefined || shape === undefined) return undefined
    const place = below(at, name)
    const value = judge(shape, tree[name], place, this.#report)
    return { handler, value, at: place, broken: value === undefined }
  }
}

/** The object's own members, even where some do not fit: those are reported, the others still count. */
function judgeShape(shape: Parameters<typeof judge<Tree>>[0], value: unknown, at: Place, report: Report): Tree {
  judge(shape, value, at, report)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {}
}

const below = (at: Place, ...path: readonly string[]): Place => ({ source: at.source, path: [...at.path, ...path] })

/** What holds where no block is written. */
function implicit(guard: (typeof guards)[number], at: Place): Block | undefined {
  return guard.implicit === undefined ? undefined : { guard, value: guard.implicit, at, owner: '', items: [] }
}

function settingsOf(own: Tree): Pick<Route, 'cost' | 'because' | 'reportOnly'> {
  const names = Array.isArray(own.reportOnly) ? own.reportOnly.filter((name) => typeof name === 'string') : []
  return {
    cost: typeof own.cost === 'number' && own.cost >= 1 ? own.cost : 1,
    because: typeof own.because === 'string' && own.because.length >= 3 ? own.because : undefined,
    reportOnly: names,
  }
}
