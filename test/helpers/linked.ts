/** The two ends of a channel between a worker and its primary, as messages go over a real one: as text, and later. */

import { Link } from '../../src/services/primary/link.ts'

export interface Linked {
  readonly worker: Link
  readonly primary: Link
  /** How many messages went either way. */
  readonly counts: { toPrimary: number; toWorker: number }
  readonly failures: unknown[]
  /** Either process is gone. */
  cut(): void
}

export function linked(): Linked {
  const counts = { toPrimary: 0, toWorker: 0 }
  const failures: unknown[] = []
  let isCut = false
  const deliver = (message: object, to: () => Link) => {
    const text = JSON.stringify(message)
    setImmediate(() => {
      if (!isCut) to().receive(JSON.parse(text))
    })
  }
  const fail = (error: unknown) => void failures.push(error)
  const worker: Link = new Link((message) => {
    counts.toPrimary++
    deliver(message, () => primary)
  }, fail)
  const primary: Link = new Link((message) => {
    counts.toWorker++
    deliver(message, () => worker)
  }, fail)
  const cut = () => {
    isCut = true
    worker.close()
    primary.close()
  }
  return { worker, primary, counts, failures, cut }
}
