/** The thread that holds the file: SQLite waits for the disk, and the event loop must not. */

import { parentPort, workerData } from 'node:worker_threads'
import { Connections } from './connections.ts'
import type { Order, ThreadData } from './messages.ts'

const connections = new Connections((workerData as ThreadData).path, { busyTimeout: 100 })

parentPort?.on('message', (order: Order) => {
  if (order !== 'end') return parentPort?.postMessage(connections.answer(order))
  connections.close()
  parentPort?.close()
})
