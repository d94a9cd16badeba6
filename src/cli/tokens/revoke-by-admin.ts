/** Has a running server take tokens back, by its admin listener; that tells the others, where they share their state. */

import { StartFault } from '../../core/start-fault.ts'
import { databaseSettings } from '../../policy/database-settings.ts'
import type { Policy } from '../../policy/policy.ts'
import { secretSettings } from '../../policy/secret-settings.ts'
import { readSettings } from '../../policy/settings.ts'
import { createWorld } from '../../services/world.ts'
import { operatorOf } from '../operator.ts'
import { printable } from '../printable.ts'
import { refuse } from '../say.ts'
import { spoken } from '../spoken.ts'
import { issuerOf, untilOf, type Wish } from './revoke.ts'

/** Milliseconds. */
const patience = 10_000

/** The exit status. */
export async function revokeByAdmin(checked: Policy, wish: Wish): Promise<number> {
  const { secrets } = createWorld(spoken)
  const reading = async () => secrets.open(await secretSettings(checked))
  const isWanted = ([section, name]: readonly unknown[]) => section === 'settings' && name === 'admin'
  const { policy } = await databaseSettings(checked, reading, isWanted)
  const { admin } = readSettings(policy.settings[0]?.value)
  if (admin === undefined || admin.port === 0) return refuse(nothing)
  const issuer = issuerOf(policy, wish)
  const until = untilOf(issuer, wish)
  const { status, body } = await call(`http://${hostOf(admin.host)}:${admin.port}/revocations`, admin.token, {
    kind: wish.kind,
    issuer: issuer.name,
    id: wish.id,
    ...(until !== undefined && { until: new Date(until).toISOString() }),
    operator: operatorOf(),
  })
  if (status !== 200) return refuse(`the server refused it with ${status}: ${printable(body.slice(0, 500))}`)
  process.stdout.write(`${wish.kind} \`${printable(wish.id)}\`: revoked on ${reachOf(JSON.parse(body).reach)}\n`)
  return 0
}

const nothing =
  'nothing carries it to the servers: no issuer has accounts, whose store they follow, and `settings.admin` has no port that is known; ' +
  'give the policies one of the two'

const reachOf = (reach: unknown): string =>
  reach === 'stored'
    ? 'this server, and on all that share its state'
    : 'this server; Redis is away, and the others hear of it once it is back'

const hostOf = (host: string): string => (host.includes(':') ? `[${host}]` : host)

async function call(url: string, token: string, body: object) {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
    })
    return { status: answer.status, body: await answer.text() }
  } catch (error) {
    throw new StartFault(`the admin listener at ${url} does not answer: ${(error as Error).message}`, { cause: error })
  }
}
