/** Where `${secret:NAME}` is read from, and what is known of a secret while it is rotated. */

import type { Secret } from './secret.ts'

/** Why a secret cannot be had, in a sentence that never holds one. */
export class SecretFault extends Error {
  override readonly name = 'SecretFault'
  /** It may be there in a moment: what was read last still counts. Else it is not there, or is not fit to be used. */
  readonly isOutage: boolean

  constructor(message: string, { isOutage = false } = {}) {
    super(message)
    this.isOutage = isOutage
  }
}

/** What a secret is for. */
export interface Use {
  /** Something is verified with it: while it is rotated, the values before and after count too. */
  readonly verifies: boolean
}

export interface Secrets {
  /** The secret of this name; rejects with `SecretFault`. */
  read(name: string, use?: Use): Promise<Secret>
}

/** A value that counts beside the one in use. */
export interface Other {
  readonly secret: Secret
  /** Milliseconds since the Unix epoch, up to which it counts; none while it is about to be the one in use. */
  readonly until: number | undefined
}

/** A whole secret as its provider has it. */
export interface Fetched {
  readonly current: Secret
  /** When this value was made, in milliseconds since the Unix epoch. */
  readonly created?: number | undefined
  /** The value before, and the one to come. */
  readonly previous?: Secret | undefined
  readonly pending?: Secret | undefined
}

/** How a secret is asked for. */
export interface Call extends Use {
  /** Ends the attempts. */
  readonly signal: AbortSignal
}

/** What `portcullis secrets check` tells beside the length. */
export interface Origin {
  /** Where the secret is: a variable, a file, a name. */
  readonly place: string
  /** Its age, its stages, who else can read it; empty where nothing is known. */
  facts(signal: AbortSignal): Promise<readonly string[]>
}

export interface Provider {
  /** The name of the whole secret, and of the member that a reference picks of it. */
  split(name: string): readonly [whole: string, member?: string]
  /** Rejects with `SecretFault`. */
  fetch(whole: string, call: Call): Promise<Fetched>
  /** How long what was fetched is not fetched again, in milliseconds. */
  readonly freshFor: number
  /** After this time, in milliseconds, it is looked at again; never where it cannot change. */
  readonly refresh: number | undefined
  /** How long a start may wait for all its secrets, in milliseconds. */
  readonly deadline: number
  /** Tells of what may have changed; what it returns ends that. */
  watch?(wholes: readonly string[], changed: () => void): () => void
  origin(whole: string): Origin
  close(): void
}
