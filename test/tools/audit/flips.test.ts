/** Every single bit of a small log, flipped: each is found, and of the records each is named. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { AuditMaker } from '../../helpers/audit-maker.ts'
import { tempFolder, type Verdict, verdictOf } from '../../helpers/audit-verdict.ts'

/** The machine may be busy: thousands of verifications. */
const patience = 600_000

/** Four records; heads at 3 and 4. */
function smallLog(dir: string): AuditMaker {
  const log = new AuditMaker(dir)
  log.fill(1)
  log.head()
  log.fill(1)
  log.head()
  return log
}

/** Flips one bit after the other; the verifier is told the heads for one half, nothing for the other. */
async function flipAll(
  log: AuditMaker,
  file: string,
  judge: (verdict: Verdict, at: number) => boolean,
): Promise<string[]> {
  const bytes = readFileSync(file)
  const missed: string[] = []
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[at] = (bytes[at] ?? 0) ^ (1 << bit)
      writeFileSync(file, flipped)
      const verdict = await verdictOf(
        join(log.folder, '..'),
        (at + bit) % 2 === 0 ? {} : { heads: log.heads, vkeys: [log.vkey] },
      )
      if (!judge(verdict, at)) missed.push(`bit ${bit} of byte ${at}: ${verdict.status} ${verdict.said}`)
    }
  }
  writeFileSync(file, bytes)
  return missed
}

/** The number of the record that the reason names first. */
const named = ({ said }: Verdict): number => Number(/\brecord (\d+)/.exec(said)?.[1])

test('a flip of any bit of the records is found, and the record is named', async (t) => {
  t.timeout(patience)
  const log = smallLog(tempFolder(t))
  const bytes = readFileSync(log.path())
  const recordAt = (at: number): number => bytes.subarray(0, at).toString('latin1').split('\n').length
  const missed = await flipAll(
    log,
    log.path(),
    (verdict, at) => verdict.status === 1 && named(verdict) === recordAt(at),
  )
  t.deepEqual(missed, [])
})

test('a flip of any bit of the heads is found', async (t) => {
  t.timeout(patience)
  const log = smallLog(tempFolder(t))
  t.deepEqual(await flipAll(log, log.path('heads'), ({ status }) => status === 1), [])
})

test('a flip of any bit of the key file is found', async (t) => {
  t.timeout(patience)
  const log = smallLog(tempFolder(t))
  t.deepEqual(await flipAll(log, join(log.folder, 'key.pub'), ({ status }) => status === 1), [])
})

test('a flip of any bit of a packed segment is found, but for those that are no part of what it holds', async (t) => {
  t.timeout(patience)
  const log = smallLog(tempFolder(t))
  log.rotate()
  log.head()
  log.pack(1)
  const missed = await flipAll(log, log.path('jsonl.gz', 1), ({ status }) => status === 1)
  const unused = missed.filter((text) => !/of byte 9:/.test(text))
  t.true(unused.length <= 7, unused.join('\n'))
})
