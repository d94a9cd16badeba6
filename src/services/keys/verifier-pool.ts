/** The verifiers that are open: an issuer that a reload leaves as it is goes on with its keys, and with the tokens it knows. */

import { createHash } from 'node:crypto'
import { hasStoredKeys, type IssuerBlock } from './issuer.ts'
import { placeId, readJwksPlace } from './jwks-place.ts'
import { type IssuerWorld, openIssuer } from './open-issuer.ts'
import type { TokenVerifier } from './verifier.ts'

interface Shared {
  readonly opening: Promise<TokenVerifier>
  /** Of the place that its keys are fetched from. */
  readonly placeId: string | undefined
  users: number
}

export class VerifierPool {
  readonly #shared = new Map<string, Shared>()
  /** By place, for as long as a verifier has its keys from there. */
  readonly #lastKeys = new Map<string, readonly unknown[]>()

  /** As `openIssuer` does; each has to be closed. */
  async open(name: string, block: IssuerBlock, world: IssuerWorld): Promise<TokenVerifier> {
    // The key of this machine may be another one by now, and is read at once.
    if (block.builtin && !hasStoredKeys(block)) return openIssuer(name, block, world)
    const id = identify(name, block, world)
    const shared = this.#shared.get(id) ?? this.#share(name, block, world)
    this.#shared.set(id, shared)
    shared.users++
    try {
      const verifier = await shared.opening
      return handle(verifier, () => {
        if (this.#leave(id, shared)) verifier.close()
      })
    } catch (error) {
      this.#leave(id, shared)
      throw error
    }
  }

  #share(name: string, block: IssuerBlock, world: IssuerWorld): Shared {
    const { jwks } = block
    const opening = openIssuer(name, block, { ...world, lastKeys: this.#lastKeys })
    return { opening, placeId: jwks === undefined ? undefined : placeId(readJwksPlace(jwks)), users: 0 }
  }

  /** One user less; whether it was the last. */
  #leave(id: string, shared: Shared): boolean {
    if (--shared.users > 0) return false
    this.#shared.delete(id)
    const { placeId } = shared
    if (placeId !== undefined && ![...this.#shared.values()].some((other) => other.placeId === placeId))
      this.#lastKeys.delete(placeId)
    return true
  }
}

/** A block may hold secrets. */
const identify = (name: string, block: IssuerBlock, { othersOf }: IssuerWorld): string =>
  createHash('sha256')
    .update(JSON.stringify([name, block, ...othersIn(block, othersOf)]))
    .digest('base64')

const othersIn = ({ secret }: IssuerBlock, othersOf: IssuerWorld['othersOf']): readonly unknown[] =>
  secret === undefined ? [] : (othersOf?.(secret) ?? []).map((other) => [other.secret.reveal(), other.until])

/** One of the users of a verifier; to close it twice is to close it once. */
function handle(verifier: TokenVerifier, leave: () => void): TokenVerifier {
  let isOpen = true
  return {
    name: verifier.name,
    issuer: verifier.issuer,
    verify: (token) => verifier.verify(token),
    close: () => {
      if (isOpen) leave()
      isOpen = false
    },
  }
}
