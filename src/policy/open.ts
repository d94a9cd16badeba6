/** Open: a checked policy meets the world; references are filled in, issuers and roles are made ready. */

import { isLoopbackHost } from '../core/address.ts'
import type { Diagnostic } from '../core/diagnostic.ts'
import { openIssuer } from '../services/keys/open-issuer.ts'
import type { TokenVerifier } from '../services/keys/verifier.ts'
import { compileRoles } from '../services/roles/roles.ts'
import type { RoleRule } from '../services/roles/rule.ts'
import { openSecrets } from '../services/secrets/secrets.ts'
import type { Services, World } from '../services/services.ts'
import { check } from './check.ts'
import { type Finding, locate, refuseErrors } from './findings.ts'
import type { Loaded } from './load.ts'
import { type ParseOptions, parse, parseRules } from './parse.ts'
import type { Named, Policy } from './policy.ts'
import { fillReferences, resolveReferences } from './references.ts'
import { type ListenOn, readSettings, type Settings } from './settings.ts'
import { settingsShape } from './shapes.ts'

export interface Opened {
  /** With every reference filled in. */
  readonly policy: Policy
  readonly settings: Settings
  readonly services: Services
  close(): void
}

export interface OpenOptions extends ParseOptions {
  readonly world: World
  readonly listenOn?: ListenOn | undefined
}

/**
 * Opens what `parse` and `check` found sound. Throws `PolicyRefused` with what only the real values show, under the same
 * rules and lines; a `StartFault` where the machine lacks something.
 */
export async function open(loaded: Loaded, policy: Policy, options: OpenOptions): Promise<Opened> {
  const opened = policy.references.length === 0 ? policy : await reopen(loaded, policy, options)
  const settings = readSettings(opened.settings[0]?.value, options.listenOn)
  const issuers = await openIssuers(opened, settings, options.world)
  const services: Services = {
    ...options.world,
    issuers,
    roles: compileRoles(mergeRoles(opened.roles)),
    schemas: Object.fromEntries(opened.schemas.map(({ name, value }) => [name, value])),
    maxBodyBytes: settings.limits.body,
  }
  return { policy: opened, settings, services, close: () => closeAll(issuers) }
}

function closeAll(issuers: ReadonlyMap<string, TokenVerifier>): void {
  for (const issuer of issuers.values()) issuer.close()
}

/** Parses and checks once more, with the real values in place. */
async function reopen(loaded: Loaded, policy: Policy, options: ParseOptions): Promise<Policy> {
  const diagnostics: Diagnostic[] = []
  const report = (finding: Finding) => void diagnostics.push(locate(finding, parseRules))
  const references = await resolveReferences(policy.references, openSecrets(await secretSettings(policy)), report)
  refuseErrors(diagnostics)
  const parsed = parse(loaded, { ...options, references })
  refuseErrors([...parsed.diagnostics, ...check(parsed.policy)])
  return parsed.policy
}

/** Where secrets come from may itself stand in the environment. */
async function secretSettings({ settings, references }: Policy): Promise<Settings['secrets']> {
  const environment = references.filter(({ kind }) => kind === 'env')
  const none = { read: async () => '' }
  const known = await resolveReferences(environment, none, () => {})
  const checked = settingsShape.check(fillReferences(settings[0]?.value ?? {}, known))
  return readSettings(checked.errors ? undefined : checked.value).secrets
}

async function openIssuers(
  { issuers }: Policy,
  { listen }: Settings,
  world: World,
): Promise<ReadonlyMap<string, TokenVerifier>> {
  const development = isLoopbackHost(listen.host) && process.env.NODE_ENV !== 'production'
  const opened = issuers.map(
    async ({ name, value }) => [name, await openIssuer(name, value, { ...world, development })] as const,
  )
  return new Map(await Promise.all(opened))
}

/** A role's rules add up over all the files that name it. */
export function mergeRoles(
  roles: readonly Named<readonly RoleRule[]>[],
): Readonly<Record<string, readonly RoleRule[]>> {
  const merged = new Map<string, readonly RoleRule[]>()
  for (const { name, value } of roles) merged.set(name, [...(merged.get(name) ?? []), ...value])
  return Object.fromEntries(merged)
}
