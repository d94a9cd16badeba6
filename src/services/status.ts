/** Whether the server is fit to be sent requests, and what keeps it from being so. */
export class Status {
  readonly #faults = new Map<string, string>()
  #accepting = false

  /** The parts that are not as they should be: name → sentence. */
  get faults(): ReadonlyMap<string, string> {
    return this.#faults
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

  /** Notes that a part fails; `undefined` notes that it works again. */
  report(part: string, fault: string | undefined): void {
    if (fault === undefined) this.#faults.delete(part)
    else this.#faults.set(part, fault)
  }
}
