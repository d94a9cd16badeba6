/** That SQLite said no, as those see it who ask again. */

import { asError, type SqliteFault } from './dialect.ts'

export class FaultReply extends Error {
  override readonly name = 'FaultReply'
  readonly fault: SqliteFault

  constructor(fault: SqliteFault) {
    super(fault.message)
    this.fault = fault
  }
}

/** The error that those outside know. */
export const knownError = (error: unknown): unknown => (error instanceof FaultReply ? asError(error.fault) : error)
