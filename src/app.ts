/** A policy directory goes in, an enforcing Koa app comes out: load → parse → check → open → compile → enforce. */

import type Koa from 'koa'
import type { Diagnostic } from './core/diagnostic.ts'
import type { Observer } from './core/observer.ts'
import type { Admission } from './enforce/admission.ts'
import { type Active, activate, enforce } from './enforce/enforce.ts'
import { EnforcingKoa } from './enforce/enforcing-koa.ts'
import { InForce } from './enforce/in-force.ts'
import { ofMounted, ofOwnServer } from './policy/check-standalone.ts'
import { compile } from './policy/compile.ts'
import { refuseErrors, sortDiagnostics } from './policy/findings.ts'
import { examine } from './policy/inspect.ts'
import { load } from './policy/load.ts'
import { type OpenOptions, open } from './policy/open.ts'
import type { Policy, Route } from './policy/policy.ts'
import { filesOf } from './policy/references.ts'
import type { SourceText } from './policy/source.ts'
import type { CompiledPolicy, WriteHead } from './policy/stack.ts'
import { isOfTls, type TlsSource, tlsSource } from './policy/tls-source.ts'
import { metricsObserver } from './services/metrics.ts'

export interface ReadyOptions extends OpenOptions {
  /** Reads the values file, for `${value:NAME}`; every loading asks anew. */
  readonly values?: (() => SourceText | undefined) | undefined
  /** Somebody else answers what `handler: next` lets through; without, such a route is an error. */
  readonly mounted?: boolean
}

/** A policy directory, ready for requests. */
export interface Ready {
  readonly active: Active
  readonly policy: CompiledPolicy
  /** The routes as they were written, inheritance resolved. */
  readonly routes: readonly Route[]
  readonly issuers: Policy['issuers']
  /** The files that `${file:…}` names, but for those of certificates. */
  readonly files: readonly string[]
  /** None where the server speaks plain HTTP. */
  readonly tls: TlsSource | undefined
  /** What `check` warns of. */
  readonly warnings: readonly Diagnostic[]
  /** Stops what keeps its keys current. */
  close(): void
}

export interface AppOptions extends ReadyOptions {
  readonly observers?: readonly Observer[]
  /** Refuses requests while there is enough to do. */
  readonly admission?: Admission
}

/** What the start has loaded; `reload` brings what is in force after it. */
export interface App extends Omit<Ready, 'active' | 'close'> {
  /** Enforces the policies; usable without listening through `koa.callback()`. */
  readonly koa: Koa
  /** Writes on the head of answers that no route gives, as the policies in force have it. */
  readonly bareHead: WriteHead
  /** Whether the policies in force answer this host at all. */
  knowsHost(host: string): boolean
  /**
   * Loads the policies again, and swaps them between two requests. Rejects as `makeReady` does, and the old ones stay in
   * force. One at a time.
   */
  reload(): Promise<Ready>
  close(): Promise<void>
}

/**
 * Makes a policy directory ready for requests. Throws `PolicyRefused` for policies with errors, `DirectoryFault` where
 * there is nothing to read, `StartFault` where the machine lacks something; nothing that it opened stays open then.
 */
export async function makeReady(directory: string, options: ReadyOptions): Promise<Ready> {
  const examined = examine(load(directory), options.values?.())
  const { policy: written } = examined
  const diagnostics = options.mounted ? ofMounted(examined) : ofOwnServer(examined)
  refuseErrors(diagnostics)
  const opened = await open(written, options)
  try {
    const policy = await compile(opened)
    return {
      active: activate(policy, options.world),
      policy,
      routes: opened.policy.routes,
      issuers: opened.policy.issuers,
      files: filesOf(written.references.filter((reference) => !isOfTls(reference))),
      tls: tlsSource(written, options.world.secrets),
      warnings: sortDiagnostics([...diagnostics, ...opened.warnings]),
      close: opened.close,
    }
  } catch (error) {
    opened.close()
    throw error
  }
}

/** Makes the app of a policy directory, which answers every request itself; throws as `makeReady` does. */
export async function createApp(
  directory: string,
  { observers = [], admission, ...options }: AppOptions,
): Promise<App> {
  const { world } = options
  const load = () => makeReady(directory, options)
  const policies = new InForce(await load(), world)
  const { active, close, ...started } = policies.current
  const watching = [metricsObserver(world.metrics), ...observers]
  return {
    ...started,
    koa: new EnforcingKoa(enforce(() => policies.lease(), { ...world, admission }, watching)),
    knowsHost: (host) => policies.current.active.match.knows(host),
    bareHead: (...args) => policies.current.policy.bareHead(...args),
    reload: () => policies.renew(load),
    close: () => policies.close(),
  }
}
