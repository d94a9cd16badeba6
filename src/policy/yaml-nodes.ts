/** Walks the nodes of a YAML document once: what the library lets pass and a policy may not hold, and where aliases lead. */

import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml'

const maxAliases = 1_000
/** Values that all aliases together may add. */
const maxAdded = 100_000

/** A fault of a node; `related` is the other node that belongs to it. */
export interface NodeFault {
  readonly rule: string
  readonly node: Node
  readonly message: string
  readonly related?: { readonly node: Node; readonly message: string }
}

interface ReadNodes {
  readonly faults: readonly NodeFault[]
  /** What each alias stands for. */
  readonly targets: ReadonlyMap<Node, Node>
}

/** Reads every node below `root`, which is nested no deeper than the composer allows. */
export function readNodes(root: unknown): ReadNodes {
  const reader = new NodeReader()
  reader.read(root)
  return reader
}

const knownTags: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
)

interface Anchored {
  readonly node: Node
  /** How many values stand there, aliases followed. */
  readonly size: number
}

class NodeReader implements ReadNodes {
  readonly faults: NodeFault[] = []
  readonly targets = new Map<Node, Node>()
  readonly #anchors = new Map<string, Anchored>()
  #added = 0

  /** How many values stand here, aliases followed. */
  read(node: unknown): number {
    if (isAlias(node)) return this.#follow(node)
    const size = this.#readOwn(node)
    const { anchor, tag } = (node ?? {}) as { readonly anchor?: string; readonly tag?: string }
    if (tag !== undefined && !knownTags.has(tag))
      this.#report('yaml/tag', node as Node, `the tag \`${tag}\` is unknown`)
    if (anchor) this.#anchors.set(anchor, { node: node as Node, size })
    return size
  }

  #readOwn(node: unknown): number {
    if (isMap(node)) return this.#readMap(node)
    if (isSeq(node)) return node.items.reduce<number>((size, item) => size + this.read(item), 1)
    if (isScalar(node)) this.#judgeNumber(node)
    return 1
  }

  #readMap(map: YAMLMap): number {
    const seen = new Map<string, Scalar>()
    let size = 1
    for (const { key, value } of map.items as readonly Pair[]) {
      if (isScalar(key)) this.#judgeKey(key, seen)
      size += this.read(key) + this.read(value)
    }
    return size
  }

  #judgeKey(key: Scalar, seen: Map<string, Scalar>): void {
    const name = String(key.value)
    const first = seen.get(name)
    if (first === undefined) seen.set(name, key)
    else {
      const related = { node: first, message: `\`${name}\` stands here first` }
      this.faults.push({ rule: 'yaml/duplicate-key', node: key, message: `\`${name}\` is named twice`, related })
    }
  }

  #judgeNumber(scalar: Scalar): void {
    const { value } = scalar
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return
    if (Number.isFinite(value) && !Number.isInteger(value)) return
    const written = scalar.source ?? String(value)
    this.#report('yaml/number', scalar, `expected a number that can be kept exactly, got \`${written}\``)
  }

  #follow(alias: Node & { readonly source: string }): number {
    const target = this.#anchors.get(alias.source)
    if (target === undefined) {
      this.#report('yaml/unknown-alias', alias, `no value before this one is anchored as \`&${alias.source}\``)
      return 1
    }
    this.targets.set(alias, target.node)
    const before = this.#added
    this.#added += target.size
    if (before <= maxAdded && this.#added > maxAdded)
      this.#report('yaml/too-many-aliases', alias, `expected aliases to add at most ${maxAdded} values`)
    if (this.targets.size === maxAliases + 1)
      this.#report('yaml/too-many-aliases', alias, `expected at most ${maxAliases} aliases`)
    return target.size
  }

  #report(rule: string, node: Node, message: string): void {
    this.faults.push({ rule, node, message })
  }
}
