/** The tutorial, from an empty folder to its last test. */

import test from 'ava'
import { readFences } from './helpers/markdown.ts'
import { pack } from './helpers/package.ts'
import { Walk } from './helpers/walk.ts'

test('the tutorial does what it says, step by step', async (t) => {
  t.timeout(480_000, 'a whole tutorial, on a busy machine')
  const walk = await Walk.begin(pack(), ['9000', '8080'])
  t.teardown(() => walk.end())
  for (const fence of readFences('docs/tutorial.md')) await walk.follow(fence)
  t.deepEqual(walk.wrong, [])
})
