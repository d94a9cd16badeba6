import { createHash } from 'node:crypto'
import test from 'ava'
import { Chain } from '../../../src/services/audit/chain.ts'

const sha256 = (...parts: readonly Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()

/** RFC 9162 §2.1.1, word by word. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves
  if (only === undefined) return sha256()
  if (leaves.length === 1) return sha256(Buffer.of(0), only)
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)))
}

const lines = Array.from({ length: 70 }, (_, index) => `record ${index} – ünïcödé 🙂`)

test('has the root that RFC 9162 gives a tree of its lines, at every size', (t) => {
  const chain = new Chain('a')
  t.is(chain.root(), treeHash([]).toString('base64'))
  for (const [index, line] of lines.entries()) {
    chain.push(line)
    const leaves = lines.slice(0, index + 1).map((each) => Buffer.from(each))
    t.is(chain.root(), treeHash(leaves).toString('base64'), `at ${index + 1}`)
  }
})

test('gives each record its number and the leaf hash of the one before', (t) => {
  const chain = new Chain('a')
  t.is(chain.prefix, '{"v":1,"log":"a","seq":1,"prev":"",')
  chain.push('first')
  const leaf = sha256(Buffer.of(0), Buffer.from('first')).toString('base64')
  t.is(chain.prefix, `{"v":1,"log":"a","seq":2,"prev":"${leaf}",`)
})

test('continues from its state at any size as if it had never stopped', (t) => {
  const whole = new Chain('a')
  for (const line of lines) whole.push(line)
  for (let cut = 0; cut <= lines.length; cut++) {
    const before = new Chain('a')
    for (const line of lines.slice(0, cut)) before.push(line)
    const after = new Chain('a', JSON.parse(JSON.stringify(before.state)))
    for (const line of lines.slice(cut)) after.push(line)
    t.deepEqual([after.root(), after.prefix], [whole.root(), whole.prefix])
  }
})

test('refuses a state that no chain can be in', (t) => {
  const chain = new Chain('a')
  for (const line of lines.slice(0, 5)) chain.push(line)
  const { state } = chain
  const wrong = [
    { ...state, size: 7 },
    { ...state, size: -1 },
    { ...state, size: 1.5 },
    { ...state, prev: '' },
    { ...state, peaks: [...state.peaks, state.prev] },
    { ...state, peaks: state.peaks.map(() => 'AAAA') },
    { size: 0, prev: state.prev, peaks: [] },
  ]
  for (const each of wrong) t.throws(() => new Chain('a', each), { instanceOf: RangeError })
  t.is(new Chain('a', state).root(), chain.root())
})
