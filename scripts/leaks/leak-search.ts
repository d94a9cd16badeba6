/** The folder in which a run of the tests leaves all that is searched at its end for the secrets used in it. */

import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Leak, searchRun } from './search-run.ts'

export class LeakSearch {
  readonly #run = mkdtempSync(join(tmpdir(), 'portcullis-run-'))

  constructor() {
    process.once('exit', () => rmSync(this.#run, { recursive: true, force: true }))
    // Postgres runs as another user.
    chmodSync(this.#run, 0o711)
    for (const name of ['output', 'removed', 'tmp']) mkdirSync(join(this.#run, 'ava', name), { recursive: true })
    writeFileSync(join(this.#run, 'ava/test'), 'all tests')
    writeFileSync(join(this.#run, 'ava/secrets'), '')
  }

  /** Has the tests leave there what they would remove. */
  get env(): Readonly<Record<string, string>> {
    return { PORTCULLIS_TEST_RUN: this.#run }
  }

  /** What adds to what the tests have said. */
  keep(stream: string): (chunk: Uint8Array) => void {
    const file = join(this.#run, 'ava/output', stream)
    return (chunk) => appendFileSync(file, chunk)
  }

  /** Searches, and says what was found; the number of those that may not be there. */
  report(): number {
    const began = performance.now()
    const { leaks, bytes, secrets } = searchRun(this.#run)
    for (const leak of leaks) process.stdout.write(`not ok - ${sentenceOf(leak)}\n`)
    const seconds = Math.round((performance.now() - began) / 1000)
    const [megabytes, found] = [Math.ceil(bytes / 1e6), leaks.length === 0 ? 'none' : leaks.length]
    process.stdout.write(`# searched ${megabytes} MB for ${secrets} secrets in ${seconds} s: ${found} found\n`)
    return leaks.length
  }
}

const sentenceOf = ({ test, secret, file, offset }: Leak): string =>
  `a secret was left: ${secret} in ${file} at byte ${offset}, by ${test}`
