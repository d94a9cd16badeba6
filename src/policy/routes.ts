/** Resolves what holds for each route: profile, defaults, the route's own blocks, `inherit` and `off`. */

import { basename } from 'node:path'
import type { Rules } from '../core/diagnostic.ts'
import { hasReference } from '../core/expression.ts'
import { suggest } from '../core/suggest.ts'
import { guards } from '../guards/index.ts'
import { handlers } from '../handlers/index.ts'
import { hostRules, readHosts } from './hosts.ts'
import { withImplied } from './implied.ts'
import { type Layer, layerRules, readLayer, resolveBlock } from './layers.ts'
import { judge, type Report, salvage } from './misfit.ts'
import type { Block, Caption, DestinationBlock, Named, Origin, Policy, PolicyFile, Route, Weakening } from './policy.ts'
import { readKey, routeKeyRules } from './route-key.ts'
import { readPrefix } from './route-path.ts'
import { handlerShapes, judgeMembers, reportable, shapes, type Tree } from './shapes.ts'
import { below, type Place } from './source.ts'

export const routeRules: Rules = {
  ...routeKeyRules,
  ...hostRules,
  ...layerRules,
  'profiles/unknown': {
    severity: 'error',
    cause: '`use` names a profile that no `profiles` section declares.',
    hint: 'declare it under `profiles`',
  },
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
): Pick<Policy, 'routes' | 'usedProfiles'> {
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
        this.#layers(judgeMembers(shapes.profile, value, at, report), { at, owner: `${name}/` }),
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
    const { defaults: written = {} } = sections
    const defaults = isMap(written) ? judgeMembers(shapes.defaults, written, defaultsAt, this.#report) : {}
    const origin = { at: defaultsAt, owner: `${service}/`, because: becauseOf(defaults) }
    return {
      at,
      service,
      hosts: readHosts(sections.host, below(at, 'host'), this.#report),
      prefix: this.#prefix(sections.prefix, below(at, 'prefix')),
      inherited: [...this.#use(defaults, defaultsAt), this.#layers(defaults, origin)],
      upstream: this.#destination(sections, 'upstream', at),
    }
  }

  #prefix(written: unknown, at: Place): string {
    if (typeof written !== 'string') return ''
    const prefix = readPrefix(written)
    if (typeof prefix !== 'string') {
      const hint = hasReference(written) ? 'write `${value:NAME}`: paths are known before the server opens' : undefined
      this.#report({ rule: 'routes/invalid-path', at, message: prefix.fault, hint })
    }
    return typeof prefix === 'string' ? prefix : ''
  }

  #route(key: string, value: unknown, scope: FileScope): readonly Route[] {
    const at = below(scope.at, 'routes', key)
    const named = readKey(key, scope.prefix, at, this.#report)
    const own = judgeMembers(shapes.route, value ?? {}, at, this.#report)
    const owner = `${scope.service}/${named?.method} ${named?.path.path}/`
    const origin = { at, owner, because: becauseOf(own) }
    const destinations = this.#destinations(own, at, scope)
    const layers = [...scope.inherited, ...this.#use(own, at), this.#layers(own, origin)]
    if (named === undefined || !isMap(value ?? {})) return []
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
      {
        ...facts,
        ...settingsOf(own),
        ...withImplied(this.#blocks(layers, at, misspelt(own)), destinations),
        destinations,
      },
    ]
  }

  /** Inheritance block by block, innermost last. */
  #blocks(
    layers: readonly Layers[],
    at: Place,
    broken: Set<string>,
  ): Pick<Route, 'blocks' | 'broken' | 'fragments' | 'weakenings'> {
    const blocks = new Map<string, Block>()
    const weakenings: Weakening[] = []
    const fragments: Block[] = []
    for (const guard of guards) {
      const own = layers.flatMap((layer) => layer.get(guard.name) ?? [])
      const resolved = resolveBlock(guard, own, this.#report)
      if (resolved.broken) broken.add(guard.name)
      weakenings.push(...resolved.weakenings)
      if (resolved.fragment !== undefined) fragments.push(resolved.fragment)
      const block = resolved.block ?? implicit(guard, at)
      if (block !== undefined && !resolved.broken) blocks.set(guard.name, block)
    }
    return { blocks, broken, fragments, weakenings }
  }

  #layers(tree: Tree, origin: Origin): Layers {
    const written = guards.filter(({ name }) => tree[name] !== undefined)
    return new Map(
      written.map((guard) => {
        const { name } = guard
        return [name, readLayer(guard, tree[name], { ...origin, at: below(origin.at, name) }, this.#report)]
      }),
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
    const broken = value === undefined
    return { handler, value: broken ? salvage(shape, tree[name]) : value, at: place, broken }
  }
}

const isMap = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

const becauseOf = ({ because }: Tree): string | undefined =>
  typeof because === 'string' && because.length >= 3 ? because : undefined

/** What holds where no block is written. */
function implicit(guard: (typeof guards)[number], at: Place): Block | undefined {
  return guard.implicit === undefined ? undefined : { guard, value: guard.implicit, at, owner: '', items: [] }
}

const words = [...guards, ...handlers].map(({ name }) => name)

/** The blocks that a route means by keys that do not exist: they are not missing as well. */
function misspelt(own: Tree): Set<string> {
  const unknown = Object.keys(own).filter((key) => !words.includes(key))
  return new Set(unknown.flatMap((key) => suggest(key, words) ?? []))
}

function settingsOf(own: Tree): Pick<Route, 'cost' | 'because' | 'reportOnly' | 'caption'> {
  const names = Array.isArray(own.reportOnly) ? own.reportOnly.filter((name) => reportable.includes(name)) : []
  return {
    cost: typeof own.cost === 'number' && own.cost >= 1 ? own.cost : 1,
    because: becauseOf(own),
    reportOnly: names,
    caption: captionOf(own),
  }
}

const captionKeys = { summary: 'string', description: 'string', deprecated: 'boolean', document: 'boolean' } as const

const captionOf = (own: Tree): Caption =>
  Object.fromEntries(
    Object.entries(captionKeys).flatMap(([key, type]) => (typeof own[key] === type ? [[key, own[key]]] : [])),
  )
