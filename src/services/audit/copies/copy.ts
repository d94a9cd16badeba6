/** Copies of the audit log's records: a convenience for whoever collects them; the file is the record. */

export interface Copy {
  /** Takes a record's line, without the line feed; never waits and never throws. */
  write(line: string): void
  /** Hands over what is left, within a bounded time. Never rejects. */
  close(): Promise<void>
}
