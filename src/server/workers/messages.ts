/** What a worker and its primary say of serving; each name is one message. */

import type { AdminSettings } from '../../policy/admin-settings.ts'
import type { ListenSettings } from '../../policy/listen-settings.ts'
import type { WireReload } from './wire-result.ts'

/** A worker asks to be let in, before it listens. */
export const open = 'open'
/** It listens, and serves. */
export const serving = 'serving'
/** It cannot start, and this is why. */
export const failed = 'failed'
/** The primary asks it to load the policies anew. */
export const reload = 'reload'
/** It has one of them take tokens back. */
export const revokeTokens = 'revokeTokens'
/** It asks how a worker is. */
export const state = 'state'
/** It has one of them tell that the server has started. */
export const announce = 'announce'
/** A worker tells it that a secret is another one by now. */
export const secretChanged = 'secretChanged'
/** It tells each how many of them serve. */
export const crew = 'crew'
/** It has them end. */
export const drain = 'drain'

export interface Opening {
  /** The files of a release that was put in place of the running one do not fit to the primary. */
  readonly version: string
  /** Where the policies have it listen. */
  readonly listen: ListenSettings
  readonly admin: AdminSettings | undefined
  /** After so many milliseconds it has ended what it does, or cut it. */
  readonly grace: number
}

export interface Opened {
  readonly digest: string
  readonly files: readonly string[]
}

export type Failed = WireReload['result']

export interface WorkerState {
  readonly pid: number
  readonly ready: boolean
  /** Part → what is wrong with it. */
  readonly faults: Readonly<Record<string, string>>
  readonly digest: string | undefined
}

export interface CrewSize {
  readonly serving: number
  readonly of: number
}
