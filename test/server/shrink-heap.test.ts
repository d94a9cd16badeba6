import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'

test('the memory that starting took is given back, and gc is not left open', async (t) => {
  const source = new URL('../../src/server/shrink-heap.ts', import.meta.url)
  const script = `
    import v8 from 'node:v8'
    import vm from 'node:vm'
    const { shrinkHeap } = await import(${JSON.stringify(source.href)})
    const young = () => v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size
    let held = []
    for (let i = 0; i < 1_000_000; i++) held.push({ i })
    held = []
    const before = young()
    shrinkHeap()
    process.stdout.write(JSON.stringify({ before, after: young(), isOpen: vm.runInNewContext('typeof gc') }))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  const { before, after, isOpen } = JSON.parse(stdout)
  t.true(after * 4 <= before, `${before} → ${after} bytes`)
  t.is(isOpen, 'undefined')
})
