/** When the certificates in use expire: metrics tell the time, status and log that it is near. */

import { isIP } from 'node:net'
import type { World } from '../../services/services.ts'
import { readChain, validityOf } from '../../services/tls/certificate.ts'
import type { TlsSettings } from '../../services/tls/settings.ts'

type Watched = Pick<World, 'clock' | 'log' | 'metrics' | 'status'>

/** The one that is shown where no other is asked for. */
const usual = 'default'

export class Expiry {
  readonly #world: Watched
  #certificates: ReadonlyMap<string, X509> = new Map()
  #told = ''

  constructor(world: Watched) {
    this.#world = world
  }

  /** By name, as dates. */
  get dates(): Readonly<Record<string, string>> {
    return Object.fromEntries(Array.from(this.#certificates, ([name, own]) => [name, own.validToDate.toISOString()]))
  }

  follow(settings: TlsSettings): void {
    const pairs = [[usual, settings] as const, ...Object.entries(settings.sni)]
    this.#certificates = new Map(
      pairs.flatMap(([name, { cert }]) =>
        readChain(cert)
          .slice(0, 1)
          .map((own) => [name, own] as const),
      ),
    )
    this.#world.metrics.certificates = new Map(
      Array.from(this.#certificates, ([name, { validToDate }]) => [name, validToDate.getTime()]),
    )
    this.look()
  }

  /** Whether the certificate of this name of `sni`, the default one unless told, is one of a host. */
  covers(host: string, name = usual): boolean {
    const own = this.#certificates.get(name)
    const address = host.replace(/^\[(.*)\]$/, '$1')
    return (isIP(address) === 0 ? own?.checkHost(host) : own?.checkIP(address)) !== undefined
  }

  /** Says once what is late. */
  look(): void {
    const now = this.#world.clock.now()
    const late = [...this.#certificates].filter(([, own]) => validityOf(own, now) !== 'good')
    const text = late.map(([name, own]) => sentenceOf(name, own, now)).join('; ')
    if (text === this.#told) return
    this.#told = text
    this.#world.status.clear(this)
    if (text === '') return
    this.#world.log.warn(text)
    this.#world.status.report(this, 'tls', text)
  }

  clear(): void {
    this.#world.status.clear(this)
  }
}

type X509 = ReturnType<typeof readChain>[number]

const sentenceOf = (name: string, own: X509, now: number): string => {
  const day = own.validToDate.toISOString().slice(0, 10)
  const verb = validityOf(own, now) === 'expired' ? 'expired' : 'expires'
  return `the certificate \`${name}\` ${verb} on ${day}`
}
