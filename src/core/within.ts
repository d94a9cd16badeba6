/** Waiting that ends: for work whose length nobody here can know. */

import type { Denial } from './denial.ts'
import { longestTimer } from './duration.ts'

export interface Late<T> {
  /** What stands in place of work that is not done in time. */
  readonly denial: Denial
  /** Lets go of what comes of it afterwards. */
  drop?(value: T): void
  /** Is handed what ends the wait before its time. */
  arm?(end: (denial: Denial) => void): void
}

/** What the work comes to, if it is done in time. */
export function within<T>(milliseconds: number, work: PromiseLike<T>, late: Late<T>): Promise<T | Denial> {
  return new Promise((resolve, reject) => {
    let over = false
    const end = (denial: Denial) => {
      clearTimeout(timer)
      over = true
      resolve(denial)
    }
    const timer = setTimeout(end, Math.min(milliseconds, longestTimer), late.denial)
    late.arm?.(end)
    const settle = (value: T) => {
      clearTimeout(timer)
      if (over) late.drop?.(value)
      resolve(value)
    }
    const fail = (error: unknown) => {
      clearTimeout(timer)
      reject(error)
    }
    work.then(settle, fail)
  })
}
