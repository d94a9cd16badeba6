/** `docs/standards.md` names tests that are there. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { root } from './helpers/markdown.ts'

const rows = readFileSync(join(root, 'docs/standards.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  .map((line) => line.split(' | '))

/** File and title, as the last column has them: `a/b`: title. */
const named = rows.flatMap((cells) =>
  [...(cells.at(-1) ?? '').matchAll(/`([a-z-]+\/[a-z/-]+)`(?:: ([^`|]+?))?(?=, `| \||$)/g)].map(
    ([, file = '', title]) => ({ file, title }),
  ),
)

test('each test that a standard is held to by is there', (t) => {
  t.true(named.length > 50)
  for (const { file, title } of named) {
    const path = join(root, 'test', `${file}.test.ts`)
    t.true(existsSync(path), file)
    if (title !== undefined && existsSync(path))
      t.true(readFileSync(path, 'utf8').includes(`'${title}'`), `${file}: ${title}`)
  }
})

test('what is asked is met by something, or called a gap', (t) => {
  for (const cells of rows.filter((row) => row.length > 2)) t.true((cells.at(-2) ?? '').length > 1, cells.join(' | '))
})
