/** Standard output, in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'

const source = (path: string) => JSON.stringify(new URL(`../../../../${path}`, import.meta.url))

/** Copies as many records as told; when it reads a line, one more, and ends. */
const program = (count: number, doing = '') => `
  import { once } from 'node:events'
  import { openCopy } from ${source('src/services/audit/copies/copies.ts')}
  import { createLog } from ${source('src/services/log.ts')}
  import { createWorld } from ${source('src/services/world.ts')}
  import { recordWriter } from ${source('test/helpers/records.ts')}
  const log = createLog({ pretty: false })
  const world = createWorld(log)
  const copy = await openCopy('stdout', world)
  const record = recordWriter()
  const say = (what) => process.stderr.write(JSON.stringify({ dropped: world.metrics.auditDropped.of({ copy: 'stdout' }), ...what }) + '\\n')
  for (let i = 0; i < ${count}; i++) {
    copy.write(record({ filler: 'x'.repeat(200) }))
    ${doing}
    if (i % 1000 === 0) await new Promise((turn) => setImmediate(turn))
  }
  say({ heap: process.memoryUsage().heapUsed })
  await once(process.stdin, 'data')
  copy.write(record())
  const from = performance.now()
  await copy.close()
  say({ closing: performance.now() - from })
  process.stdin.destroy()
`

function start(t: ExecutionContext, code: string, out: 'pipe' | number = 'pipe'): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', out, 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

/** What it says of itself, one after another. */
function sayings(child: ChildProcess): () => Promise<Readonly<Record<string, number>>> {
  const lines = createInterface(child.stderr as NodeJS.ReadableStream)[Symbol.asyncIterator]()
  return async () => JSON.parse(String((await lines.next()).value))
}

const parse = (output: string) =>
  output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test.serial('copies every record to standard output, whole beside the lines of the log', async (t) => {
  const child = start(t, program(3000, "if (i % 100 === 0) log.info({ filler: 'y'.repeat(20000) }, 'other')"))
  const written: string[] = []
  for await (const line of createInterface(child.stdout as NodeJS.ReadableStream)) {
    written.push(line)
    if (line.includes('"seq":3000,')) child.stdin?.write('\n')
  }
  const lines = parse(written.join('\n'))
  t.deepEqual(
    lines.filter(({ seq }) => seq !== undefined).map(({ seq }) => seq),
    Array.from({ length: 3001 }, (_, i) => i + 1),
  )
  t.is(lines.filter(({ msg }) => msg === 'other').length, 30)
  await once(child, 'close')
})

test.serial(
  'a reader that stops costs bounded memory, and is told of the gap in its place once it reads again',
  async (t) => {
    const child = start(t, program(200_000))
    const next = sayings(child)
    const { dropped = 0, heap = 0 } = await next()
    t.true(dropped > 100_000)
    t.true(heap < 60e6)
    const output = text(child.stdout as NodeJS.ReadableStream)
    child.stdin?.write('\n')
    const lines = parse(await output)
    let seq = 0
    for (const line of lines) {
      if (line.audit === 'dropped') seq += line.count
      else if (line.seq !== undefined) t.is(line.seq, ++seq)
    }
    t.true(seq >= 200_000)
    const warned = lines.filter(({ msg }) => msg?.startsWith('audit records were not copied'))
    t.true(warned.length > 0 && warned.length < 10)
  },
)

test.serial('counts what the lines of the log leave no room for', async (t) => {
  const child = start(
    t,
    program(3000, "if (i === 1) for (let j = 0; j < 6000; j++) log.info({ filler: 'y'.repeat(200) }, 'other')"),
  )
  const next = sayings(child)
  await next()
  const output = text(child.stdout as NodeJS.ReadableStream)
  child.stdin?.write('\n')
  const lines = parse(await output)
  const { dropped = 0 } = await next()
  t.true(dropped > 0)
  t.is(lines.filter(({ seq }) => seq !== undefined).length + dropped, 3001)
})

test.serial('a reader that stops does not hold up the close', async (t) => {
  const child = start(t, program(50_000))
  const next = sayings(child)
  const { dropped: before = 0 } = await next()
  child.stdin?.write('\n')
  const { closing = 0, dropped: after = 0 } = await next()
  t.true(closing > 1900 && closing < 4000, String(closing))
  t.true(after > before)
})

test.serial('a full disk is no reason to fail or to hang', async (t) => {
  const full = openSync('/dev/full', 'w')
  t.teardown(() => closeSync(full))
  const child = start(t, program(50_000), full)
  const next = sayings(child)
  const { heap = 0 } = await next()
  t.true(heap < 60e6)
  child.stdin?.write('\n')
  const { dropped = 0 } = await next()
  t.true(dropped > 0)
  t.deepEqual(await once(child, 'close'), [0, null])
})

test.serial('a reader that has gone is no reason to fail', async (t) => {
  const child = start(t, program(50_000))
  child.stdout?.destroy()
  const next = sayings(child)
  await next()
  child.stdin?.write('\n')
  await next()
  t.deepEqual(await once(child, 'close'), [0, null])
})
