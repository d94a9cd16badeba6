import test from 'ava'
import { durationPattern, readDuration, readSize, sizePattern } from '../../src/core/duration.ts'

for (const [text, milliseconds] of [
  ['500ms', 500],
  ['1s', 1_000],
  ['30s', 30_000],
  ['5m', 300_000],
  ['12h', 43_200_000],
  ['7d', 604_800_000],
  ['999999999ms', 999_999_999],
] as const) {
  test(`${text} is ${milliseconds} ms`, (t) => t.is(readDuration(text), milliseconds))
}

for (const [text, bytes] of [
  ['512b', 512],
  ['16kb', 16_384],
  ['1mb', 1_048_576],
  ['2gb', 2_147_483_648],
] as const) {
  test(`${text} is ${bytes} bytes`, (t) => t.is(readSize(text), bytes))
}

for (const text of [
  '',
  '0s',
  '01s',
  '-1s',
  '1.5s',
  '1 s',
  '1S',
  '1',
  's',
  '1w',
  '1s\n',
  '١s',
  '1s1s',
  '1e3ms',
  '1000000000ms',
  '10mb',
]) {
  test(`${JSON.stringify(text)} is no duration`, (t) => {
    t.throws(() => readDuration(text), { instanceOf: TypeError })
    t.notRegex(text, new RegExp(durationPattern))
  })
}

for (const text of ['', '0kb', '1k', '1KB', '1 kb', '1.5mb', '1kb\n', '10s', '-1b', '0x10b']) {
  test(`${JSON.stringify(text)} is no size`, (t) => {
    t.throws(() => readSize(text), { instanceOf: TypeError })
    t.notRegex(text, new RegExp(sizePattern))
  })
}
