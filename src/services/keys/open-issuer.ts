/** Opens an issuer: its keys are read or fetched, and a verifier stands ready. */

import { createPublicKey } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { readDuration } from '../../core/duration.ts'
import { StartFault } from '../../core/start-fault.ts'
import type { Clock } from '../clock.ts'
import { type Later, unhurried } from '../later.ts'
import type { Log } from '../log.ts'
import type { Revocation } from '../revocation/revocation.ts'
import type { Other } from '../secrets/secrets.ts'
import type { Status } from '../status.ts'
import { type Algorithm, isAlgorithm } from './algorithm.ts'
import { compileMapping } from './claim-mapping.ts'
import { normaliseType } from './claims.ts'
import { devAlgorithm, readDevKey } from './dev-key.ts'
import { audiences, hasStoredKeys, type IssuerBlock, issuerClaim } from './issuer.ts'
import { IssuerVerifier } from './issuer-verifier.ts'
import { type JwksPlace, placeId, readJwksPlace } from './jwks-place.ts'
import { type KeySource, staticKeys } from './key-source.ts'
import { KeyFault, readPublicKey, type VerificationKey } from './public-key.ts'
import { openShared } from './shared-secret.ts'
import type { TokenVerifier } from './verifier.ts'

export interface IssuerWorld {
  readonly clock: Clock
  readonly revocation: Pick<Revocation, 'isRevoked'>
  readonly status: Status
  readonly log: Log
  /** The server answers this machine alone, and not in production: a development key may sign. */
  readonly development: boolean
  /** Where the development key is kept; `data` unless told. */
  readonly folder?: string
  readonly later?: Later
  /** What was published last, by place: what verifies until the first answer. */
  readonly lastKeys?: Map<string, readonly unknown[]>
  /** The stored keys of a `builtin` issuer with `refreshTtl`. */
  readonly storedKeys?: (name: string, block: IssuerBlock) => Promise<KeySource>
  /** What is accepted beside a secret while it is rotated. */
  readonly othersOf?: (secret: string) => readonly Other[]
}

/** Milliseconds that the start waits for the first answer of a JWKS. */
const patience = 2_000

/** A verifier of a block without faults; a `StartFault` where its keys are not to be had. */
export async function openIssuer(name: string, block: IssuerBlock, world: IssuerWorld): Promise<TokenVerifier> {
  const issuer = issuerClaim(name, block)
  const type = block.builtin ? 'at+jwt' : block.type
  return new IssuerVerifier({
    name,
    issuer,
    audiences: audiences(block),
    type: type === undefined ? undefined : normaliseType(type),
    algorithms: allowed(block),
    leeway: block.leeway === undefined ? 0 : readDuration(block.leeway),
    readPrincipal: compileMapping(block.claims ?? {}, issuer),
    keys: await openKeys(name, block, world),
    clock: world.clock,
    revocation: world.revocation,
  })
}

const allowed = ({ builtin, algorithms = builtin ? [devAlgorithm] : [] }: IssuerBlock): readonly Algorithm[] =>
  algorithms.filter(isAlgorithm)

async function openKeys(name: string, block: IssuerBlock, world: IssuerWorld): Promise<KeySource> {
  if (hasStoredKeys(block)) return openStored(name, block, world)
  if (block.builtin) return staticKeys([await openDevKey(name, world)])
  if (block.jwks !== undefined)
    return openJwks(name, readJwksPlace(block.jwks), { ...world, algorithms: allowed(block) })
  if (block.secret !== undefined) return openShared(name, block, world)
  return staticKeys((block.publicKeys ?? []).map((source) => openPublicKey(name, source)))
}

function openStored(name: string, block: IssuerBlock, { storedKeys }: IssuerWorld): Promise<KeySource> {
  if (storedKeys === undefined) throw new StartFault(`issuer \`${name}\` has its keys in a database, and none is open`)
  return storedKeys(name, block)
}

async function openDevKey(name: string, { development, folder, log }: IssuerWorld): Promise<VerificationKey> {
  if (!development) {
    throw new StartFault(
      `issuer \`${name}\` signs with a development key, which is for this machine alone: listen on a loopback address without NODE_ENV=production, give it \`refreshTtl\`, which stores its keys, or name an issuer with \`jwks\`, \`publicKeys\` or \`secret\``,
    )
  }
  const { kid, key } = await readDevKey(folder, log)
  return { kid, key: createPublicKey(key), algorithms: [devAlgorithm] }
}

/** What fetches and paces is loaded only where a policy has a JWKS: start-up stays fast. */
async function openJwks(
  name: string,
  place: JwksPlace,
  world: IssuerWorld & Pick<VerificationKey, 'algorithms'>,
): Promise<KeySource> {
  const { later = unhurried, lastKeys } = world
  const [{ Jwks }, { fetchJwks }] = await Promise.all([import('./jwks.ts'), import('./fetch-jwks.ts')])
  const fetch = (signal: AbortSignal) => fetchJwks(place, { signal })
  const id = placeId(place)
  const last = lastKeys?.get(id)
  const jwks = new Jwks({ ...world, name, fetch, later, last, keep: (keys) => lastKeys?.set(id, keys) })
  const answered = jwks.refresh()
  if (last === undefined) await Promise.race([answered, delay(patience, undefined, { ref: false })])
  return jwks
}

function openPublicKey(name: string, source: unknown): VerificationKey {
  const key = readPublicKey(source)
  if (key instanceof KeyFault) throw new StartFault(`issuer \`${name}\`: ${key.message}`)
  return key
}
