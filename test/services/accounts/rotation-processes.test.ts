/** Signing keys that are rotated or revoked by a process that is killed in the middle of it: it is done, or it is not. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openAccountStore } from '../../../src/services/accounts/account-store.ts'
import { createKeyRing } from '../../../src/services/accounts/fields/key-ring.ts'
import { systemClock } from '../../../src/services/clock.ts'
import { openDatabase } from '../../../src/services/database/open-database.ts'
import { makeSigningKey } from '../../../src/services/keys/stored/make-key.ts'
import { randomId } from '../../../src/services/random-id.ts'
import type { Change } from './rotation-process.ts'
import type { Hold } from './session-process.ts'
import { emptyDatabase, newSecret, onBothInTurn, settingsOf, usePostgres } from './stores.ts'

const server = usePostgres()
const script = fileURLToPath(new URL('./rotation-process.ts', import.meta.url))

const holds: readonly Hold[] = [
  { before: 'update portcullis_signing_keys' },
  { before: 'delete from portcullis_signing_keys' },
  { before: 'insert into portcullis_signing_keys' },
  { before: 'insert into portcullis_outbox' },
  'commit',
  'answer',
]

onBothInTurn(
  'whenever who rotates or revokes is killed, one key signs, one comes next, and the record says what was done',
  async (t, kind) => {
    t.timeout(300_000)
    const [url, secret] = [await emptyDatabase(t, kind), newSecret()]
    const ring = createKeyRing([secret])
    const store = await openAccountStore(settingsOf(url), { ring, clock: systemClock, randomId })
    t.teardown(() => store.close())
    const database = await openDatabase(settingsOf(url))
    t.teardown(() => database.close())
    await store.signingKeys.begin('shop', {
      current: await makeSigningKey('ES256'),
      next: await makeSigningKey('ES256'),
    })
    const kidOf = async (wanted: string) =>
      (await store.signingKeys.list('shop')).find(({ state }) => state === wanted)?.kid ?? ''
    const records = async () => (await database.query('select id from portcullis_outbox')).length
    for (const hold of holds)
      for (const isRotation of [true, false]) {
        // A rotation deletes nothing.
        if (isRotation && typeof hold === 'object' && hold.before.startsWith('delete')) continue
        const [from, to, recorded] = [await kidOf('current'), await kidOf('next'), await records()]
        const child = fork(script, [url, kind === 'postgres' ? server().ca : '', secret.toString('hex')])
        t.teardown(() => void child.kill('SIGKILL'))
        const ended = once(child, 'exit')
        await once(child, 'message')
        const holding = once(child, 'message')
        child.send({ from, ...(isRotation && { to }), hold } satisfies Change)
        t.deepEqual((await holding)[0], 'holding')
        child.kill('SIGKILL')
        await ended
        const isDone = hold === 'answer'
        const what = `${isRotation ? 'rotate' : 'revoke'} at ${JSON.stringify(hold)}`
        t.is(await kidOf('current'), isDone ? to : from, what)
        t.is((await kidOf('next')) === to, !isDone, what)
        t.is(await records(), recorded + (isDone ? 1 : 0), what)
      }
  },
)
