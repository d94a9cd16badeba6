/** Loaded before every test file: in a run of all tests, has on record what `scripts/test.ts` searches at the end. */

import type { TestRecord } from './record.ts'

const run = process.env.PORTCULLIS_TEST_RUN

/** What is on record of this test file; nothing where it runs by itself. */
export const record: TestRecord | undefined = run === undefined ? undefined : (await import('./watch.ts')).watch(run)
