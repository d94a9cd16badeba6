/** A secret that Secrets Manager does not give. */

import { SecretFault } from '../secrets.ts'

/** It is not there or of no use; the caller may not have it; or nobody can say at the moment. */
export type AwsFaultKind = 'missing' | 'denied' | 'away'

export class AwsFault extends SecretFault {
  readonly kind: AwsFaultKind

  constructor(message: string, kind: AwsFaultKind) {
    super(message, { isOutage: kind !== 'missing' })
    this.kind = kind
  }
}
