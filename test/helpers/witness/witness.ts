/** Loaded before every test file: in a run of all tests, has on record what `scripts/test.ts` searches at the end. */

import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import type { TestRecord } from './record.ts'

const run = process.env.PORTCULLIS_TEST_RUN

/** What is on record of this test file; nothing where it runs by itself. */
export const record: TestRecord | undefined = run === undefined ? undefined : await start(run)

async function start(folder: string): Promise<TestRecord> {
  const { watch } = await import('./watch.ts')
  return watch(folder, relative(process.cwd(), fileURLToPath(test.meta.file)))
}
