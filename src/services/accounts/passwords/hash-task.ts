/** What the threads that hash are asked, as it travels to them. */

export interface HashTask {
  readonly kind: 'hash'
  readonly password: string
  readonly cost: number
}

export interface CompareTask {
  readonly kind: 'compare'
  /** Tried one after the other. */
  readonly forms: readonly string[]
  readonly hash: string
  readonly cost: number
  /** The cost that a wrong password is to take in all. */
  readonly level: number
}

export interface Compared {
  /** Which form it was; −1 for none. */
  readonly form: number
}
