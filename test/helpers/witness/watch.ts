/** Puts on record, for a test file in a run of all, what is written and which secrets are in use. */

import { keepFolders } from './keep-folders.ts'
import { TestRecord } from './record.ts'
import { watchExchanges } from './watch-exchanges.ts'
import { watchProcesses } from './watch-processes.ts'
import { watchSecrets } from './watch-secrets.ts'
import { watchSockets } from './watch-sockets.ts'
import { watchSyncProcesses } from './watch-sync-processes.ts'

export function watch(run: string, file: string): TestRecord {
  const record = new TestRecord(run, file)
  keepFolders(record)
  watchProcesses(record)
  watchSyncProcesses(record)
  watchExchanges(record)
  watchSockets(record)
  watchSecrets(record)
  return record
}
