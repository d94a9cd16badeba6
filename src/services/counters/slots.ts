/** Slots for what may run at the same time, and a queue for who finds none free. */

/** How many run at once, how many wait, and for how many milliseconds at most. */
export interface Terms {
  readonly max: number
  readonly queue: number
  readonly wait: number
}

/** A slot, or a place in the queue for one. */
export interface Ticket {
  /** Whether a slot was got; not there for who has one at once. */
  readonly turn: Promise<boolean> | undefined
  /** Whether it got none because no place in the queue was left, where that is not known at once. */
  readonly wasFull?: boolean
  /** Gives back what is held, slot or place; once, however often it is called. */
  giveBack(): void
}

export interface SlotPool {
  /** Takes a slot of this key, or a place in its queue; nothing where both are full. */
  take(key: string, terms: Terms): Ticket | undefined
}

export interface Slots {
  /** The one pool of a limit: its identity outlives every reload, and so does what is held. */
  pool(id: string): SlotPool
  /** The same, of all nodes together, where they share their state. */
  sharedPool(id: string): SlotPool
}
