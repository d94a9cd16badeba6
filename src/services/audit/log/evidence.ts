/** A log that does not hold is not written to: who investigates must find it as it is. */

import { StartFault } from '../../../core/start-fault.ts'

/** Names the place in the log, and what to do. */
export const evidence = (folder: string, place: string, what: string): StartFault =>
  new StartFault(
    `the audit log \`${folder}\` does not hold: \`${place}\`: ${what}; move the folder away and keep it as evidence, ` +
      'and a new log is begun',
  )
