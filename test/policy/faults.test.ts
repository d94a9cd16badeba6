/** A directory with planted faults: one run finds all of them, each at its line, and nothing else. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { diagnose } from '../../src/index.ts'

const folder = fileURLToPath(new URL('faults', import.meta.url))

/** `file:line rule` of every comment `# fault: rule`. */
const planted = readdirSync(folder).flatMap((file) =>
  readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      const rule = /# fault: (\S+)$/.exec(line)?.[1]
      return rule === undefined ? [] : [`${file}:${index + 1} ${rule}`]
    }),
)

test('finds every planted fault at its line, and nothing else', (t) => {
  const found = diagnose(folder).map(({ file, line, rule }) => `${file.split('/').at(-1)}:${line} ${rule}`)
  t.true(new Set(planted.map((fault) => fault.split(' ')[1])).size >= 30)
  t.deepEqual([...found].sort(), [...planted].sort())
})
