/** A node that rotates or revokes signing keys, and can be stopped at any point of it: `node rotation-process.ts URL CA SECRET`. */

import { createKeyRing } from '../../../src/services/accounts/fields/key-ring.ts'
import { openFields } from '../../../src/services/accounts/fields/open-fields.ts'
import { KeptRevocations } from '../../../src/services/accounts/outbox/kept-revocations.ts'
import { Outbox } from '../../../src/services/accounts/outbox/outbox.ts'
import { SigningKeys } from '../../../src/services/accounts/signing-keys.ts'
import { systemClock } from '../../../src/services/clock.ts'
import { openDatabase } from '../../../src/services/database/open-database.ts'
import { makeSigningKey } from '../../../src/services/keys/stored/make-key.ts'
import { randomId } from '../../../src/services/random-id.ts'
import { type Hold, holding } from './session-process.ts'
import { settingsOf } from './settings.ts'

export interface Change {
  readonly from: string
  /** Rotated to; revoked where there is none. */
  readonly to?: string
  readonly hold?: Hold
}

const operator = { user: 'tester', host: 'here' }

async function serve([url = '', ca = '', secret = '']: readonly string[]): Promise<void> {
  const database = await openDatabase(settingsOf(url, { ca: ca || undefined }))
  const fields = await openFields(database, createKeyRing([Buffer.from(secret, 'hex')]))
  process.on('message', ({ from, to, hold }: Change) => {
    const given = { clock: systemClock, randomId }
    const held = holding(database, hold)
    const [outbox, revocations] = [new Outbox({ database, ...given }), new KeptRevocations(database)]
    const keys = new SigningKeys({ database: held, fields, outbox, revocations, ...given })
    void makeSigningKey('ES256').then(
      (fresh): Promise<unknown> =>
        to === undefined
          ? keys.revoke('shop', { from, fresh }, operator)
          : keys.rotate('shop', { from, to, fresh }, operator),
    )
  })
  process.send?.('ready')
}

await serve(process.argv.slice(2))
