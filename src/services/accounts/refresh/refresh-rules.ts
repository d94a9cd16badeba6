/** What becomes of a refresh token that somebody presents: the rules, without the store that keeps it. */

/** Milliseconds. */
export interface RefreshRules {
  /** Between two uses. */
  readonly idle: number
  /** From the login on. */
  readonly absolute: number
  /** In which a client that lost its answer may ask again. */
  readonly grace: number
}

export interface Family {
  readonly client: string
  readonly createdAt: number
  readonly usedAt: number
  /** By the rules at its latest use. */
  readonly expiresAt: number
  readonly isRevoked: boolean
  readonly isAccountUsable: boolean
}

export interface Presented {
  /** None for one that was not used yet. */
  readonly spentAt: number | undefined
  /** What came in its place can still be handed out: it was not used itself. */
  readonly hasSuccessor: boolean
}

export interface Use {
  readonly client: string
  readonly rules: RefreshRules
  readonly now: number
}

/** Why a family ends by a use of it. */
export type Misuse = 'reused' | 'client'

export type Verdict = 'rotate' | 'repeat' | 'revoked' | 'expired' | 'disabled' | Misuse

/** `repeat` hands out the successor once more; a misuse ends the family (RFC 9700 §4.14.2). */
export function judgeUse(family: Family, { spentAt, hasSuccessor }: Presented, use: Use): Verdict {
  if (family.isRevoked) return 'revoked'
  if (!isLive(family, use)) return 'expired'
  if (!family.isAccountUsable) return 'disabled'
  if (family.client !== use.client) return 'client'
  if (spentAt === undefined) return 'rotate'
  // Nodes have their own clocks: one may lag behind that of the first use.
  return hasSuccessor && Math.abs(use.now - spentAt) <= use.rules.grace ? 'repeat' : 'reused'
}

/** Rules that became stricter meanwhile count at once. */
function isLive({ createdAt, usedAt, expiresAt }: Family, { rules, now }: Use): boolean {
  return now < Math.min(expiresAt, createdAt + rules.absolute, usedAt + rules.idle)
}

export const expiryOf = (createdAt: number, { rules, now }: Pick<Use, 'rules' | 'now'>): number =>
  Math.min(createdAt + rules.absolute, now + rules.idle)
