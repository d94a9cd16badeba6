/** A certificate that is there, and not fit to be shown: the log and the status say so until it is mended. */

import type { Diagnostic } from '../../core/diagnostic.ts'
import { PolicyRefused } from '../../policy/findings.ts'
import { reasonOf } from '../../services/reason.ts'
import type { World } from '../../services/services.ts'

const stays = 'the certificates from before stay in use'

export class RefusedCertificate {
  readonly #world: Pick<World, 'log' | 'status'>
  #isSuspect = false
  /** What was said last. */
  #told = ''

  constructor(world: Pick<World, 'log' | 'status'>) {
    this.#world = world
  }

  /** Says why, from the second time in a row on; whether it did. */
  note(error: unknown): boolean {
    if (!this.#isSuspect) {
      this.#isSuspect = true
      return false
    }
    const text = error instanceof PolicyRefused ? error.diagnostics.map(sentenceOf).join('; ') : reasonOf(error)
    if (text !== this.#told) {
      this.#told = text
      this.#world.log.error(`new certificates are refused: ${text}; ${stays}`)
      this.#world.status.report(this, 'tls', `new certificates are refused: ${text}`)
    }
    return true
  }

  /** What is there now is in use. */
  clear(): void {
    if (this.#told !== '') this.#world.log.info('certificates are as they should be again')
    this.#isSuspect = false
    this.#told = ''
    this.#world.status.clear(this)
  }
}

const sentenceOf = ({ file, line, column, rule, message }: Diagnostic): string =>
  `${file}:${line}:${column} ${rule} ${message}`
