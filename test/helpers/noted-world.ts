/** The parts of the world that take notes: the metrics, the status, and a log whose lines are kept. */

import { createLog } from '../../src/services/log.ts'
import { Metrics } from '../../src/services/metrics.ts'
import { Status } from '../../src/services/status.ts'
import { record } from './witness/witness.ts'

export function notedWorld() {
  const lines: string[] = []
  const keep = record?.output('log')
  const write = (line: string): void => {
    lines.push(line)
    keep?.(line)
  }
  const log = createLog({ pretty: false, destination: { write } })
  return { log, metrics: new Metrics(), status: new Status(), lines }
}
