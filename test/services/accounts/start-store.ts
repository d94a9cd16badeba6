/** A process that opens a store and makes an account in it: `node start-store.ts URL CA USERNAME`. */

import { openAccountStore } from '../../../src/services/accounts/account-store.ts'
import { createKeyRing } from '../../../src/services/accounts/fields/key-ring.ts'
import { systemClock } from '../../../src/services/clock.ts'
import { randomId } from '../../../src/services/random-id.ts'
import { settingsOf } from './settings.ts'

const [url = '', ca = '', username = ''] = process.argv.slice(2)
const ring = createKeyRing([Buffer.from('0f1e2d3c4b5a69788796a5b4c3d2e1f0xyz')])
const store = await openAccountStore(settingsOf(url, { ca: ca || undefined }), { ring, clock: systemClock, randomId })
if ((await store.accounts.create({ username })) === undefined) throw new Error('the name is taken')
await store.close()
