/** Whether one of the signatures that a request claims is that of its body under one of the keys. */

import { createHmac, type Hmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Claimed } from './read-signature.ts'
import type { Piece } from './signed-text.ts'

/** Bytes that are hashed before others get their turn. */
const atOnce = 1_048_576

interface Signed {
  readonly pieces: readonly Piece[]
  readonly claimed: Claimed
  readonly body: Buffer
}

/**
 * Every signature that would be right, one a key; nothing where none of the claimed ones is. How nearly one is right shows
 * in no time that it takes.
 */
export async function prove(keys: readonly KeyObject[], signed: Signed): Promise<readonly Buffer[] | undefined> {
  const wanted: Buffer[] = []
  let isProved = false
  for (const key of keys) {
    const right = await sign(key, signed)
    wanted.push(right)
    for (const signature of signed.claimed.signatures) isProved = timingSafeEqual(signature, right) || isProved
  }
  return isProved ? wanted : undefined
}

async function sign(key: KeyObject, { pieces, claimed, body }: Signed): Promise<Buffer> {
  const hmac = createHmac('sha256', key)
  for (const piece of pieces) {
    if ('text' in piece) hmac.update(piece.text)
    else if (piece.part === 'body') await updateInTurns(hmac, body)
    else hmac.update(claimed[piece.part])
  }
  return hmac.digest()
}

/** A large body stalls nobody else. */
async function updateInTurns(hmac: Hmac, body: Buffer): Promise<void> {
  for (let at = 0; at < body.length; at += atOnce) {
    if (at > 0) await nextTurn()
    hmac.update(body.subarray(at, at + atOnce))
  }
}
