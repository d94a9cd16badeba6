/** Whether the server is fit to be sent requests, and what keeps it from being so. */
export class Status {
  readonly #faults = new Map<object, readonly [part: string, fault: string]>()
  #accepting = false

  /** The parts that are not as they should be: name → sentence. */
  get faults(): ReadonlyMap<string, string> {
    return new Map(this.#faults.values())
  }

  /** Policies are loaded and the server is not shutting down. */
  get ready(): boolean {
    return this.#accepting
  }

  open(): void {
    this.#accepting = true
  }

  close(): void {
    this.#accepting = false
  }

  /** Notes that a part fails. While policies are swapped there are two of a name, and each speaks for itself. */
  report(reporter: object, part: string, fault: string): void {
    this.#faults.set(reporter, [part, fault])
  }

  /** Notes that what reported a fault works again, or is gone. */
  clear(reporter: object): void {
    this.#faults.delete(reporter)
  }
}
