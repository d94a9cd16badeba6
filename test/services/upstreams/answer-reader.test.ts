import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { AnswerHead } from '../../../src/services/upstreams/answer-head.ts'
import { AnswerReader } from '../../../src/services/upstreams/answer-reader.ts'
import { MalformedAnswer } from '../../../src/services/upstreams/malformed.ts'
import { cutAt } from '../../attacks/connection.ts'
import { cuts, spoiltAnswer, validAnswer, type WrittenAnswer } from './any-answer.ts'

/** What a reader told of one answer. */
interface Told {
  head: AnswerHead | undefined
  readonly chunks: Buffer[]
  ended: 'clean' | 'not clean' | undefined
  failed: string | undefined
}

/** A reader that reads as a connection does: each piece out of one buffer, which is overwritten by the next. */
function openReader() {
  const buffer = Buffer.alloc(256 * 1024)
  let told: Told = { head: undefined, chunks: [], ended: undefined, failed: undefined }
  const reader = new AnswerReader({
    head(head) {
      told.head = head
    },
    data: (chunk) => void told.chunks.push(chunk),
    end(clean) {
      told.ended = clean ? 'clean' : 'not clean'
    },
  })
  const read = (piece: Buffer) => {
    reader.read(buffer.subarray(0, piece.copy(buffer)))
    buffer.fill(0xaa)
  }
  return {
    reader,
    read,
    /** Until the answer ends, in whichever way. */
    readAnswer(method: string, pieces: readonly Buffer[]): Told {
      told = { head: undefined, chunks: [], ended: undefined, failed: undefined }
      reader.begin(method)
      try {
        for (const piece of pieces) if (told.ended === undefined) read(piece)
      } catch (error) {
        told.failed = error instanceof MalformedAnswer ? error.message : `a fault of ours: ${error}`
      }
      return told
    },
  }
}

const bytes = (text: string) => Buffer.from(text, 'latin1')
const bodyOf = ({ chunks }: Told) => Buffer.concat(chunks).toString('latin1')

/** Where it was cut says whether something came behind the answer, and which of two faults was seen first. */
const events = (told: Told) => [told.head, bodyOf(told), told.failed !== undefined, told.ended !== undefined]

/** Throws an error that names the answer; the assertions of AVA do not stop a property. */
function agree(got: unknown, expected: unknown, answer: Pick<WrittenAnswer, 'bytes'>): void {
  const [left, right] = [JSON.stringify(got), JSON.stringify(expected)]
  if (left !== right) throw new Error(`${left} for ${right}: ${JSON.stringify(answer.bytes.toString('latin1'))}`)
}

const said = (told: Told) => ({
  status: told.head?.status,
  fields: told.head?.fields,
  body: bodyOf(told),
  failed: told.failed,
})
const meant = ({ status, fields, body }: WrittenAnswer) => ({
  status,
  fields,
  body: body.toString('latin1'),
  failed: undefined,
})

function holds<T>(t: ExecutionContext, arbitrary: fc.Arbitrary<T>, check: (sample: T) => void): void {
  t.notThrows(() => fc.assert(fc.property(arbitrary, check), { numRuns: 2_000 }))
}

test('reads every valid answer as it was meant, in whatever pieces it comes', (t) => {
  holds(t, fc.tuple(validAnswer, cuts), ([answer, places]) => {
    const { reader, readAnswer } = openReader()
    const told = readAnswer(answer.method, cutAt(answer.bytes, places))
    agree(said(told), meant(answer), answer)
    agree(told.chunks.filter(({ length }) => length === 0).length, 0, answer)
    agree([told.ended, reader.close()], answer.frame === 'rest' ? [undefined, true] : ['clean', false], answer)
  })
})

test('tells the same of any answer, valid or not, in whatever pieces it comes', (t) => {
  holds(t, fc.tuple(fc.oneof(validAnswer, spoiltAnswer), cuts), ([answer, places]) => {
    const whole = openReader().readAnswer(answer.method, [answer.bytes])
    agree(events(openReader().readAnswer(answer.method, cutAt(answer.bytes, places))), events(whole), answer)
  })
})

test('tells the same of a short answer that comes byte by byte', (t) => {
  holds(
    t,
    fc.oneof(validAnswer, spoiltAnswer).filter((answer) => answer.bytes.length < 1_000),
    (answer) => {
      const whole = openReader().readAnswer(answer.method, [answer.bytes])
      const single = Array.from(answer.bytes, (byte) => Buffer.of(byte))
      agree(events(openReader().readAnswer(answer.method, single)), events(whole), answer)
    },
  )
})

test('refuses nothing but by MalformedAnswer, and tells of a failed answer no end', (t) => {
  holds(t, fc.tuple(spoiltAnswer, cuts), ([answer, places]) => {
    const { ended, failed = '' } = openReader().readAnswer(answer.method, cutAt(answer.bytes, places))
    agree([failed.startsWith('a fault of ours'), failed !== '' && ended !== undefined], [false, false], answer)
  })
})

test('reads answers of one connection one after another', (t) => {
  const lasting = validAnswer.filter(({ frame }) => frame !== 'rest')
  holds(t, fc.array(fc.tuple(lasting, cuts), { minLength: 2, maxLength: 4 }), (answers) => {
    const { readAnswer } = openReader()
    for (const [answer, places] of answers)
      agree(said(readAnswer(answer.method, cutAt(answer.bytes, places))), meant(answer), answer)
  })
})

test('reads a whole answer after one that was left in the middle', (t) => {
  holds(t, fc.tuple(spoiltAnswer, cuts, validAnswer), ([spoilt, places, answer]) => {
    const { readAnswer } = openReader()
    readAnswer(spoilt.method, cutAt(spoilt.bytes, places).slice(0, 2))
    agree(said(readAnswer(answer.method, [answer.bytes])), meant(answer), answer)
  })
})

test('an answer with anything behind it is not clean, and nothing of that is read', (t) => {
  const lasting = validAnswer.filter(({ frame }) => frame !== 'rest')
  const behind = fc.oneof(
    validAnswer.map((answer) => answer.bytes),
    fc.constantFrom('\r\n', '\0', '0').map(bytes),
  )
  holds(t, fc.tuple(lasting, behind), ([answer, more]) => {
    const told = openReader().readAnswer(answer.method, [Buffer.concat([answer.bytes, more])])
    agree([told.ended, said(told)], ['not clean', meant(answer)], answer)
  })
})

test('the end of a connection ends only an answer without a length and without chunks', (t) => {
  const rows: readonly (readonly [boolean, string])[] = [
    [false, ''],
    [false, 'HTTP/1.1 200 OK\r\nA: b\r\n'],
    [false, 'HTTP/1.1 100 Continue\r\n\r\n'],
    [true, 'HTTP/1.1 200 OK\r\n\r\n'],
    [true, 'HTTP/1.0 200 OK\r\n\r\nhello'],
    [false, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell'],
    [false, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n'],
    [false, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ]
  for (const [ends, text] of rows) {
    const { reader, readAnswer } = openReader()
    readAnswer('GET', [bytes(text)])
    t.is(reader.close(), ends, JSON.stringify(text))
  }
})

test('the rest of a connection is the body, whatever stands in it', (t) => {
  const { readAnswer, reader } = openReader()
  const pieces = ['HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 404 x\r\n', 'Content-Length: 0\r\n\r\n', '0\r\n\r\n\0'].map(bytes)
  const told = readAnswer('GET', pieces)
  t.deepEqual(
    [told.head?.status, bodyOf(told), told.ended],
    [200, 'HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n0\r\n\r\n\0', undefined],
  )
  t.true(reader.close())
})

test('refuses an answer that switches protocols (RFC 9110 §15.2.2)', (t) => {
  for (const news of ['', 'HTTP/1.1 100 Continue\r\n\r\n']) {
    const told = openReader().readAnswer('GET', [
      bytes(`${news}HTTP/1.1 101 x\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n`),
    ])
    t.is(told.failed, 'the answer switches to a protocol that was not asked for')
    t.is(told.head, undefined)
  }
})

test('reads a head of 32 KiB, and refuses one byte more, wherever it is cut', (t) => {
  const head = (length: number) => 'HTTP/1.1 204 No\r\nA: '.padEnd(length, 'x')
  const news = 'HTTP/1.1 100 Continue\r\n\r\n'
  for (const before of ['', news]) {
    const fits = bytes(`${before}${head(32 * 1024)}\r\n\r\n`)
    const exceeds = bytes(`${before}${head(32 * 1024 + 1)}\r\n\r\n`)
    for (let cut = 0; cut <= 5; cut++) {
      const read = (all: Buffer) =>
        openReader().readAnswer('GET', [all.subarray(0, -cut || undefined), all.subarray(all.length - cut)])
      t.like(read(fits), { ended: 'clean', failed: undefined }, `cut ${cut} before the end`)
      t.like(read(exceeds), { head: undefined, failed: 'the head is too long' }, `cut ${cut} before the end`)
    }
  }
})

test('refuses a head that does not end, before it has grown', (t) => {
  for (const line of ['A: b\r\n', 'x', '\0', 'A: b\n']) {
    const { readAnswer } = openReader()
    const piece = bytes(line.repeat(Math.ceil(1_000 / line.length)))
    const told = readAnswer('GET', [bytes('HTTP/1.1 200 OK\r\n'), ...Array.from({ length: 36 }, () => piece)])
    t.not(told.failed, undefined, JSON.stringify(line))
  }
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

/** Bytes; memory of buffers is given back by the collection after the one that found them. */
function held(): number {
  for (let round = 0; round < 3; round++) collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('news without an end are read over, and nothing of them is kept', (t) => {
  const { reader, read } = openReader()
  reader.begin('GET')
  const begun = 'HTTP/1.1 10'
  read(bytes(begun))
  const piece = bytes(`3 Early Hints\r\nLink: ${'x'.repeat(20_000)}\r\n\r\n${begun}`)
  const before = held()
  for (let count = 0; count < 3_000; count++) read(piece)
  const more = held() - before
  t.true(more < 30_000_000, `${more} bytes of ${3_000 * piece.length}`)
})
