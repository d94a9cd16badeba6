/** The secrets that policies have read: what is rotated is told, so that they are loaded anew. */

import { pickMember } from './member.ts'
import { openProvider } from './provider.ts'
import type { Secret } from './secret.ts'
import { type Fetched, type Other, SecretFault, type Secrets, type Use } from './secrets.ts'
import type { SecretSettings } from './settings.ts'
import { SecretSource, type SourceWorld } from './source.ts'

/** Told which secrets are no longer what the policies in force have. */
export type Changed = (names: readonly string[]) => void

/** One for the process: secrets are not read twice because policies are loaded twice. */
export class SecretPool {
  readonly #world: SourceWorld
  readonly #sources = new Map<string, Promise<SecretSource>>()
  /** Those of the policies in force are the last ones; before them, of policies that requests still end under. */
  readonly #readings = new Set<Reading>()
  #changed: Changed = () => {}

  constructor(world: SourceWorld) {
    this.#world = world
  }

  /** The one who is told. */
  listen(changed: Changed): void {
    this.#changed = changed
  }

  /** What one opening of policies reads; to be closed with them. */
  async open(settings: SecretSettings): Promise<Reading> {
    const id = JSON.stringify(settings)
    const opening = this.#sources.get(id) ?? this.#openSource(settings)
    this.#sources.set(id, opening)
    const source = await opening.catch((error) => {
      this.#sources.delete(id)
      throw error
    })
    // The last one who used it may have left meanwhile.
    if (source.isClosed) return this.open(settings)
    const reading: Reading = new Reading(source, {
      follow: () => source.follow(this.#namesOf(source)),
      leave: () => this.#leave(reading, id),
    })
    this.#readings.add(reading)
    return reading
  }

  async #openSource(settings: SecretSettings): Promise<SecretSource> {
    const provider = await openProvider(settings)
    const { overlap } = settings
    const source: SecretSource = new SecretSource({
      ...this.#world,
      provider,
      overlap,
      looked: () => this.#compare(source),
    })
    return source
  }

  #leave(reading: Reading, id: string): void {
    const { source } = reading
    this.#readings.delete(reading)
    if ([...this.#readings].some((other) => other.source === source)) source.follow(this.#namesOf(source))
    else {
      this.#sources.delete(id)
      source.close()
    }
  }

  #namesOf(source: SecretSource): ReadonlySet<string> {
    const readings = [...this.#readings].filter((reading) => reading.source === source)
    return new Set(readings.flatMap(({ names }) => [...names]))
  }

  /** Only what is in force can be behind. */
  #compare(source: SecretSource): void {
    const last = [...this.#readings].at(-1)
    const names = last?.source === source ? last.outdated() : []
    if (names.length === 0) return
    const told = names.map((name) => `\`${name}\``).join(', ')
    this.#world.log.info({ names }, `secrets have changed: ${told}; the policies are loaded anew`)
    this.#changed(names)
  }
}

interface Ties {
  follow(): void
  leave(): void
}

/** What policies have read, and with it what counts beside. */
export class Reading implements Secrets {
  readonly source: SecretSource
  /** Of the whole secrets. */
  readonly names = new Set<string>()
  readonly #read = new Map<string, Fetched>()
  readonly #others = new Map<string, readonly Other[]>()
  readonly #signal: AbortSignal
  readonly #ties: Ties
  #isOpen = true

  constructor(source: SecretSource, ties: Ties) {
    this.source = source
    this.#ties = ties
    this.#signal = AbortSignal.timeout(source.provider.deadline)
  }

  async read(name: string, { verifies }: Use = { verifies: false }): Promise<Secret> {
    const { provider } = this.source
    const [whole, member] = provider.split(name)
    this.names.add(whole)
    const fetched = await this.#fetch(whole, verifies)
    const secret = pickMember(fetched.current, member)
    this.#read.set(whole, fetched)
    if (verifies) this.#others.set(secret.reveal(), pickOthers(this.source.others(whole), member))
    return secret
  }

  /** What is accepted, beside the secret of this text, where something is verified with it. */
  othersOf(text: string): readonly Other[] {
    return this.#others.get(text) ?? []
  }

  /** From here on it is told when one of them is rotated. */
  follow(): void {
    this.#ties.follow()
  }

  outdated(): readonly string[] {
    const isOutdated = (name: string, read: Fetched) => (this.source.known(name) ?? read) !== read
    return Array.from(this.#read).flatMap(([name, read]) => (isOutdated(name, read) ? [name] : []))
  }

  /** Twice is once. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#ties.leave()
  }

  async #fetch(whole: string, verifies: boolean): Promise<Fetched> {
    const { deadline } = this.source.provider
    const late = new SecretFault(`the secret \`${whole}\` could not be read within ${deadline} ms`, { isOutage: true })
    const { promise, reject } = Promise.withResolvers<never>()
    const giveUp = () => reject(late)
    const timer = setTimeout(giveUp, deadline + grace)
    try {
      return await Promise.race([this.source.fetch(whole, { verifies, signal: this.#signal }), promise])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** A provider says itself why it is late. */
const grace = 500

function pickOthers(others: readonly Other[], member: string | undefined): readonly Other[] {
  return others.flatMap(({ secret, until }) => {
    try {
      return [{ secret: pickMember(secret, member), until }]
    } catch {
      return []
    }
  })
}
