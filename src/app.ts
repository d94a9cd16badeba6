/** A policy directory goes in, an enforcing Koa app comes out: load → parse → check → open → compile → enforce. */

import type Koa from 'koa'
import type { Diagnostic } from './core/diagnostic.ts'
import type { Observer } from './core/observer.ts'
import { activate, enforce } from './enforce/enforce.ts'
import { EnforcingKoa } from './enforce/enforcing-koa.ts'
import { compile } from './policy/compile.ts'
import { refuseErrors, sortDiagnostics } from './policy/findings.ts'
import { examine } from './policy/inspect.ts'
import { load } from './policy/load.ts'
import { open } from './policy/open.ts'
import type { Policy, Route } from './policy/policy.ts'
import type { ListenOn } from './policy/settings.ts'
import type { SourceText } from './policy/source.ts'
import type { CompiledPolicy } from './policy/stack.ts'
import { metricsObserver } from './services/metrics.ts'
import type { World } from './services/services.ts'

export interface AppOptions {
  /** The text of a values file, for `${value:NAME}`. */
  readonly values?: SourceText | undefined
  readonly world: World
  /** In place of `settings.listen`. */
  readonly listenOn?: ListenOn
  readonly observers?: readonly Observer[]
}

export interface App {
  /** Enforces the policies; usable without listening through `koa.callback()`. */
  readonly koa: Koa
  readonly policy: CompiledPolicy
  /** The routes as they were written, inheritance resolved. */
  readonly routes: readonly Route[]
  readonly issuers: Policy['issuers']
  /** What `check` warns of. */
  readonly warnings: readonly Diagnostic[]
  close(): Promise<void>
}

/**
 * Makes the app of a policy directory. Throws `PolicyRefused` for policies with errors, `DirectoryFault` where there is
 * nothing to read, `StartFault` where the machine lacks something.
 */
export async function createApp(
  directory: string,
  { values, world, listenOn, observers = [] }: AppOptions,
): Promise<App> {
  const examined = examine(load(directory), values)
  refuseErrors(examined.diagnostics)
  const opened = await open(examined.policy, { world, listenOn })
  const policy = await compile(opened)
  const active = { current: activate(policy, world) }
  world.metrics.policy = { digest: policy.digest, loaded: world.clock.now() }
  return {
    koa: new EnforcingKoa(enforce(active, world, [metricsObserver(world.metrics), ...observers])),
    policy,
    routes: opened.policy.routes,
    issuers: opened.policy.issuers,
    warnings: sortDiagnostics([...examined.diagnostics, ...opened.warnings]),
    close: async () => opened.close(),
  }
}
