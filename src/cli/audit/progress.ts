/** How far long work has come, on stderr: always on a terminal, else only where it takes long. */

const terminalEvery = 200
const otherwiseEvery = 10_000
const megabyte = 1024 ** 2

export class Progress {
  readonly #isTerminal = process.stderr.isTTY === true
  #told = performance.now()
  #isShown = false

  tell(done: number, all: number): void {
    const now = performance.now()
    if (now - this.#told < (this.#isTerminal ? terminalEvery : otherwiseEvery)) return
    this.#told = now
    this.#isShown = true
    const text = `${Math.floor(done / megabyte)} of ${Math.ceil(all / megabyte)} MB verified`
    process.stderr.write(this.#isTerminal ? `\r\x1b[K${text}` : `${text}\n`)
  }

  /** Leaves a terminal as it was. */
  end(): void {
    if (this.#isTerminal && this.#isShown) process.stderr.write('\r\x1b[K')
  }
}
