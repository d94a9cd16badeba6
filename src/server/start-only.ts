/** The settings that hold from the start of the process to its end. */

import { isDeepStrictEqual } from 'node:util'
import type { Settings } from '../policy/settings.ts'
import { splitCredentials as splitDatabase } from '../services/database/settings.ts'
import { splitCredentials as splitState } from '../services/redis/settings.ts'

/** Those that are no longer what the process was started with. */
export function startOnlyChanges(started: Settings, now: Settings): readonly string[] {
  const before = startOnly(started)
  const after = startOnly(now)
  return Object.keys(after).filter((name) => !isDeepStrictEqual(before[name], after[name]))
}

const startOnly = ({
  listen,
  tls,
  limits,
  shutdown,
  state,
  database,
  audit,
  admin,
}: Settings): Readonly<Record<string, unknown>> => ({
  'settings.listen': { ...listen, insecurePlain: undefined },
  // Its certificates hold at once.
  'settings.tls': tls !== undefined,
  'settings.tls.clientCert': tls?.client?.isRequired,
  'settings.limits.headers': limits.headers,
  'settings.limits.headersTimeout': limits.headersTimeout,
  'settings.limits.requestTimeout': limits.requestTimeout,
  'settings.limits.connections': limits.connections,
  // Another user, password or certificate for the same Redis or Postgres is taken at once.
  'settings.state': state && splitState(state)[0],
  'settings.database': database && splitDatabase(database)[0],
  'settings.shutdown': shutdown,
  'settings.audit': audit,
  // Another token holds at once.
  'settings.admin': admin && { host: admin.host, port: admin.port },
})
