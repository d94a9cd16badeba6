/** Open: a checked policy meets the world; references are filled in, issuers and roles are made ready. */

import { isLoopbackHost } from '../core/address.ts'
import type { Diagnostic } from '../core/diagnostic.ts'
import { asStartFault } from '../services/database/open-database.ts'
import { isIdentityIssuer } from '../services/identity/identity-issuer.ts'
import type { IssuerWorld } from '../services/keys/open-issuer.ts'
import type { TokenVerifier } from '../services/keys/verifier.ts'
import { compileRoles } from '../services/roles/roles.ts'
import type { RoleRule } from '../services/roles/rule.ts'
import type { Reading } from '../services/secrets/pool.ts'
import type { Secrets } from '../services/secrets/secrets.ts'
import type { Services, World } from '../services/services.ts'
import { check, checkOpening } from './check.ts'
import { conceal } from './conceal.ts'
import { type Finding, locate, refuseErrors, sortDiagnostics } from './findings.ts'
import { documentsOf } from './openapi/documents.ts'
import { type Parsed, parseAgain, parseRules } from './parse.ts'
import type { Named, Policy } from './policy.ts'
import { resolveReferences } from './references.ts'
import { noSecrets, secretSettings } from './secret-settings.ts'
import { type ListenOn, readSettings, type Settings } from './settings.ts'
import { veil } from './veil.ts'

export interface Opened {
  /** With every reference filled in. */
  readonly policy: Policy
  readonly settings: Settings
  readonly services: Services
  /** What only the real values show, and only warns. */
  readonly warnings: readonly Diagnostic[]
  close(): void
}

export interface OpenOptions {
  readonly world: World
  /** In place of `settings.listen`. */
  readonly listenOn?: ListenOn | undefined
  /** Whether a development key may sign; unless told, where the server answers this machine alone, and not in production. */
  readonly development?: boolean
}

/**
 * Opens what `parse` and `check` found sound. Throws `PolicyRefused` with what only the real values show, under the same
 * rules and lines; a `StartFault` where the machine lacks something.
 */
export async function open(checked: Policy, { world, listenOn, ...options }: OpenOptions): Promise<Opened> {
  const secrets = needsSecrets(checked) ? await world.secrets.open(await secretSettings(checked)) : undefined
  try {
    const opened = await openWith(checked, secrets, { world, listenOn, ...options })
    secrets?.follow()
    return opened
  } catch (error) {
    secrets?.close()
    throw error
  }
}

const needsSecrets = ({ references }: Policy): boolean => references.some(({ kind }) => kind === 'secret')

async function openWith(
  checked: Policy,
  secrets: Reading | undefined,
  { world, listenOn, ...options }: OpenOptions,
): Promise<Opened> {
  const { policy, diagnostics } = checked.references.length === 0 ? unchanged(checked) : await reopen(checked, secrets)
  const settings = readSettings(policy.settings[0]?.value, listenOn)
  const development = options.development ?? isDevelopment(settings)
  const state = await world.stores.open({ settings: settings.state, isNeeded: needsStore(policy) })
  const accounts = await openAccounts(policy, settings, { world, development, revocation: state.revocation })
  const othersOf: Services['othersOf'] = (secret) => secrets?.othersOf(secret) ?? []
  const issuers = await openIssuers(policy, {
    ...world,
    ...state,
    development,
    othersOf,
    ...accounts,
  })
  const identity = accounts?.identity()
  const services: Services = {
    ...world,
    ...state,
    issuers,
    identity,
    othersOf,
    roles: compileRoles(mergeRoles(policy.roles)),
    schemas: Object.fromEntries(policy.schemas.map(({ name, value }) => [name, value])),
    documents: documentsOf(policy),
    maxBodyBytes: settings.limits.body,
  }
  const warnings = sortDiagnostics([...diagnostics, ...checkOpening(policy, { development })])
  if (checked.references.some(({ kind }) => kind !== 'env')) veil(policy, settings)
  const close = (): void => {
    closeAll(issuers)
    secrets?.close()
  }
  return { policy, settings, services, warnings, close }
}

/** Where no issuer has accounts, no database is opened. */
async function openAccounts(
  { issuers }: Policy,
  { database }: Settings,
  { world, development, revocation }: AccountsWorld,
): Promise<AccountsOpened | undefined> {
  const issuer = issuers.find(isIdentityIssuer)
  if (issuer === undefined || database === undefined) return undefined
  const { openIdentity } = await import('../services/identity/identity.ts')
  const accounts = await world.accounts.open(database, development)
  await world.accounts.follow(accounts, database, { audit: world.audit, revocation })
  return {
    storedKeys: (name, block) =>
      accounts.keys.open(name, block).catch((error) => {
        throw asStartFault(error, database)
      }),
    identity: () => {
      accounts.store.serve()
      return openIdentity(issuer, accounts, world.clock)
    },
  }
}

interface AccountsOpened extends Required<Pick<IssuerWorld, 'storedKeys'>> {
  /** Once the verifiers are open. */
  identity(): Services['identity']
}

interface AccountsWorld extends Pick<Services, 'revocation'> {
  readonly world: World
  readonly development: boolean
}

/** Whether some route cannot decide without the shared store. */
const needsStore = ({ routes }: Policy): boolean =>
  routes.some(({ blocks }) => [...blocks.values()].some(({ guard, value }) => guard.needsStore?.(value)))

const unchanged = (policy: Policy): Parsed => ({ policy, diagnostics: [] })

function closeAll(issuers: ReadonlyMap<string, TokenVerifier>): void {
  for (const issuer of issuers.values()) issuer.close()
}

/** Parses and checks once more, with the real values in place. */
async function reopen(checked: Policy, secrets: Secrets = noSecrets): Promise<Parsed> {
  const missing: Diagnostic[] = []
  const report = (finding: Finding) => void missing.push(locate(finding, parseRules))
  const known = await resolveReferences(checked.references, secrets, report)
  const { policy, diagnostics } = parseAgain(checked, known)
  const found = conceal([...diagnostics, ...check(policy)], checked.references, known)
  const all = sortDiagnostics([...missing, ...found])
  refuseErrors(all)
  return { policy, diagnostics: all }
}

/** Whether the server answers this machine alone, and not in production. */
export const isDevelopment = ({ listen }: Pick<Settings, 'listen'>): boolean =>
  isLoopbackHost(listen.host) && process.env.NODE_ENV !== 'production'

/** Opens all, or none: where one cannot be opened, the others are closed again. */
async function openIssuers(
  { issuers }: Policy,
  world: IssuerWorld & Pick<World, 'verifiers'>,
): Promise<ReadonlyMap<string, TokenVerifier>> {
  const tried = await Promise.allSettled(issuers.map(({ name, value }) => world.verifiers.open(name, value, world)))
  const opened = new Map<string, TokenVerifier>()
  tried.forEach((attempt, index) => {
    if (attempt.status === 'fulfilled') opened.set(issuers[index]?.name ?? '', attempt.value)
  })
  const failed = tried.find(({ status }) => status === 'rejected')
  if (failed === undefined) return opened
  closeAll(opened)
  throw (failed as PromiseRejectedResult).reason
}

/** A role's rules add up over all the files that name it. */
function mergeRoles(roles: readonly Named<readonly RoleRule[]>[]): Readonly<Record<string, readonly RoleRule[]>> {
  const merged = new Map<string, readonly RoleRule[]>()
  for (const { name, value } of roles) merged.set(name, [...(merged.get(name) ?? []), ...value])
  return Object.fromEntries(merged)
}
