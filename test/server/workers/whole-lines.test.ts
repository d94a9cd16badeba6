import { PassThrough } from 'node:stream'
import test from 'ava'
import fc from 'fast-check'
import { passOnLines } from '../../../src/server/workers/whole-lines.ts'

test('passes on whole lines, however they arrive, and ends the last one', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat(20)), async (lines, cuts) => {
      const bytes = Buffer.from(
        lines.map((line) => `${line.replaceAll('\n', '')}\n`).join('') + (cuts.length > 5 ? 'rest' : ''),
      )
      const stream = new PassThrough()
      const written: string[] = []
      passOnLines(stream, (text) => written.push(text))
      let at = 0
      for (const cut of cuts) {
        stream.write(bytes.subarray(at, at + cut))
        at += cut
      }
      stream.end(bytes.subarray(at))
      await new Promise((closed) => stream.once('close', closed))
      t.true(written.every((text) => text.endsWith('\n')))
      t.is(written.join(''), bytes.length === 0 || bytes.at(-1) === 10 ? bytes.toString() : `${bytes}\n`)
    }),
  )
})

test('a line without end is passed on in parts', async (t) => {
  const stream = new PassThrough()
  let [length, parts] = [0, 0]
  passOnLines(stream, (text) => {
    length += text.length
    parts++
  })
  for (let index = 0; index < 50; index++) stream.write(Buffer.alloc(64 * 1024, 0x61))
  stream.end()
  await new Promise((closed) => stream.once('close', closed))
  t.is(length, 50 * 64 * 1024 + 1)
  t.true(parts > 2)
})
