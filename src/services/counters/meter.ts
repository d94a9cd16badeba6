/** How one algorithm reads and writes, in cells, what a key has used. */

/** Cell 0 is a key that has used nothing. Times are milliseconds of one monotonic clock. */
export interface Meter {
  /** Milliseconds until at most `room` units are used; 0 where that is so already. */
  wait(cell: number, room: number, now: number): number
  /** Units in use; fractions where they flow back steadily. */
  used(cell: number, now: number): number
  /** Uses `units` more; returns the cell to find them by. */
  add(cell: number, units: number, now: number): number
}
