/** What a listener shows of itself: taken anew when its files or secrets change, without a connection lost. */

import type { ServerOptions as HttpOptions } from 'node:http'
import { createServer, type Server } from 'node:https'
import { createSecureContext, type SecureContext } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { TlsSource } from '../../policy/tls-source.ts'
import { type Later, unhurried } from '../../services/later.ts'
import { watchFiles } from '../../services/secrets/file-watch.ts'
import type { World } from '../../services/services.ts'
import { secureOptionsOf } from '../../services/tls/secure-options.ts'
import type { TlsSettings } from '../../services/tls/settings.ts'
import { Expiry } from './expiry.ts'
import { RefusedCertificate } from './refused-certificate.ts'
import { TicketKeys, type TicketSeed } from './ticket-keys.ts'

type Watched = Pick<World, 'clock' | 'log' | 'metrics' | 'status'>

interface Parts {
  readonly settings: TlsSettings
  readonly source: TlsSource
  readonly tickets: TicketSeed
  readonly world: Watched
  readonly later?: Later
}

/** Changes are told by the system; where it tells of none, as of some network file systems, this finds them. */
const lookMs = 60_000
/** A certificate that comes before its key does not fit for a moment. */
const patience = 1_000
/** A session is resumed for so long, in seconds. */
const sessionTimeout = 300

export class Certificates {
  readonly #world: Watched
  readonly #later: Later
  readonly #tickets: TicketKeys
  readonly #refused: RefusedCertificate
  readonly #expiry: Expiry
  /** Whom it was started to ask. */
  readonly #client: TlsSettings['client']
  #settings: TlsSettings
  #source: TlsSource
  #servers: readonly Server[] = []
  #named = new Map<string, SecureContext>()
  #files = ''
  #last = Promise.resolve()
  #dismiss = () => {}
  #isClosed = false
  readonly #cancels = { watch: () => {}, look: () => {}, retry: () => {} }

  constructor({ settings, source, tickets, world, later = unhurried }: Parts) {
    this.#world = world
    this.#later = later
    this.#tickets = new TicketKeys(tickets)
    this.#refused = new RefusedCertificate(world)
    this.#expiry = new Expiry(world)
    this.#client = settings.client
    this.#settings = settings
    this.#source = source
    this.#put(settings)
    this.#watch()
    this.#lookLater()
  }

  /** A server that shows them; HTTP/1.1 is what it speaks. */
  createServer<Options extends HttpOptions>(options: Options): Server {
    const server = createServer({
      ...options,
      ...this.#options(),
      requestCert: this.#client !== undefined,
      rejectUnauthorized: this.#client?.isRequired === true,
      sessionIdContext: 'portcullis',
      sessionTimeout,
      handshakeTimeout: options.headersTimeout,
      ALPNProtocols: ['http/1.1'],
      SNICallback: (name, done) => done(null, this.#named.get(this.#nameOf(name.toLowerCase()) ?? '')),
    })
    server.on('tlsClientError', ({ code = 'unknown' }: NodeJS.ErrnoException, socket) => {
      this.#world.metrics.handshakeFailures++
      this.#world.log.debug({ address: socket.remoteAddress, code }, 'a client did not get through to TLS')
    })
    this.#servers = [...this.#servers, server]
    return server
  }

  /** Told when other client certificates count: who is connected shows theirs once more. */
  whenClientsChange(dismiss: () => void): void {
    this.#dismiss = dismiss
  }

  /** Policies were loaded anew: what they name counts from here on. Nothing changes where they have no TLS. */
  async follow(source: TlsSource | undefined): Promise<void> {
    if (source !== undefined) {
      this.#source = source
      this.#watch()
    }
    await this.look()
  }

  /** Reads what is there now; what is not fit to be shown changes nothing. Never rejects. */
  look(): Promise<void> {
    this.#last = this.#last.then(() => this.#look())
    return this.#last
  }

  /** Whether the certificate that is shown for a host is one of that host. */
  covers(host: string): boolean {
    return this.#expiry.covers(host, this.#nameOf(host))
  }

  close(): void {
    this.#isClosed = true
    for (const cancel of Object.values(this.#cancels)) cancel()
    this.#refused.clear()
    this.#expiry.clear()
  }

  async #look(): Promise<void> {
    if (this.#isClosed) return
    this.#turnTickets()
    const source = this.#source
    try {
      const settings = await source.read()
      if (source === this.#source && !this.#isClosed) this.#take(settings)
    } catch (error) {
      if (source === this.#source && !this.#isClosed) this.#refuse(error)
    }
  }

  #take(read: TlsSettings): void {
    // Only a restart has others asked; with no authority at all, everybody's certificates would count.
    const settings = { ...read, client: this.#client && (read.client ?? this.#client) }
    if (!isDeepStrictEqual(settings, this.#settings)) {
      const { client } = this.#settings
      this.#put(settings)
      if (!isDeepStrictEqual(settings.client, client)) this.#dismiss()
      this.#world.log.info({ expires: this.#expiry.dates }, 'certificates have changed: new connections get them')
    }
    this.#refused.clear()
    this.#expiry.look()
  }

  /** Once more, before anything is said. */
  #refuse(error: unknown): void {
    this.#cancels.retry()
    if (this.#refused.note(error)) return
    this.#cancels.retry = this.#later(() => void this.look(), patience)
  }

  /** All are made before one is shown. */
  #put(settings: TlsSettings): void {
    const named = Object.entries(settings.sni).map(
      ([name, pair]) => [name, createSecureContext(secureOptionsOf(settings, pair))] as const,
    )
    this.#settings = settings
    for (const server of this.#servers) server.setSecureContext({ ...this.#options(), sessionIdContext: 'portcullis' })
    this.#named = new Map(named)
    this.#expiry.follow(settings)
  }

  #options() {
    return { ...secureOptionsOf(this.#settings, this.#settings), ticketKeys: this.#ticketKeys() }
  }

  /** As `sni` has it; none for the default certificate, which is for unknown names too. */
  #nameOf(host: string): string | undefined {
    return this.#named.size === 0
      ? undefined
      : [host, `*${host.slice(host.indexOf('.'))}`].find((name) => this.#named.has(name))
  }

  #watch(): void {
    const { files } = this.#source
    if (files.join('\0') === this.#files) return
    this.#files = files.join('\0')
    this.#cancels.watch()
    this.#cancels.watch = watchFiles({ paths: files, changed: () => void this.look() })
  }

  #lookLater(): void {
    this.#cancels.look = this.#later(() => {
      void this.look()
      this.#lookLater()
    }, lookMs)
  }

  #ticketKeys(): Buffer {
    return this.#tickets.at(this.#world.clock.now(), JSON.stringify(this.#settings.client))
  }

  /** With each look, so that it is a minute late at most. */
  #turnTickets(): void {
    const keys = this.#ticketKeys()
    for (const server of this.#servers) if (!server.getTicketKeys().equals(keys)) server.setTicketKeys(keys)
  }
}
