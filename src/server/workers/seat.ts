/** How a process learns that it is a worker: its primary says so in the environment. */

import cluster from 'node:cluster'

export interface Seat {
  /** How many workers there are to be. */
  readonly workers: number
  /** Whether it is the first one of the start: what is to be said of that, it says. */
  readonly isFirst: boolean
}

const variable = 'PORTCULLIS_WORKER'

export const writeSeat = ({ workers, isFirst }: Seat): Readonly<Record<string, string>> => ({
  [variable]: `${workers}${isFirst ? ' first' : ''}`,
})

/** None where this process serves alone, or is a primary: others, such as pm2, have workers of their own. */
export function readSeat(): Seat | undefined {
  const [workers, first] = process.env[variable]?.split(' ') ?? []
  return cluster.isWorker && workers !== undefined
    ? { workers: Number(workers), isFirst: first === 'first' }
    : undefined
}
