/** The asserted formats, on what the standards allow and on what looks like it. */

import test from 'ava'
import { formats } from '../../src/schema/formats.ts'
import type { Format } from '../../src/schema/schema.ts'

interface Samples {
  readonly good: readonly string[]
  readonly bad: readonly string[]
}

const label63 = 'a'.repeat(63)
const host253 = [label63, label63, label63, 'a'.repeat(61)].join('.')

const samples: Readonly<Record<Format, Samples>> = {
  email: {
    good: [
      'joe@example.com',
      'te~st@example.com',
      'te.s.t@example.com',
      '"joe bloggs"@example.com',
      '"a\\"b"@example.com',
      'joe@[127.0.0.1]',
      'joe@[IPv6:::1]',
      `${'a'.repeat(64)}@b.c`,
    ],
    bad: [
      '',
      '2962',
      '@example.com',
      'joe@',
      'a b@example.com',
      '.test@example.com',
      'test.@example.com',
      'te..st@example.com',
      'joe@[127.0.0.300]',
      'joe@invalid=domain.com',
      'a@b@c',
      'joé@example.com',
      `${'a'.repeat(65)}@b.c`,
      'a@b.c\n',
      `a@${host253}.com`,
    ],
  },
  uri: {
    good: [
      'http://foo.bar/?baz=qux#quux',
      'http://foo.bar:8080/a%20b',
      'http://[2001:db8::1]:80/',
      'http://[v1.x:y]/',
      'mailto:a@b.c',
      'urn:oasis:names',
      'ftp://user:pw@host/',
      'news:comp.x',
      'tel:+1-816',
      'a:',
    ],
    bad: [
      '',
      '//foo.bar',
      '/abs',
      'foo',
      '\\\\WINDOWS\\x',
      'http:// a',
      'http://a b',
      ':// x',
      'http://foo.bar/%zz',
      'http://[::1/',
      'http://[::g]/',
      'http://a:b/',
      'bar,\u00e9:x',
      'http://é.com',
      'http://x/<>',
      '1a:b',
      'http://a#b#c',
      'http://x/\n',
    ],
  },
  uuid: {
    good: [
      '2eb8aa08-aa98-11ea-b4aa-73b441d16380',
      '2EB8AA08-AA98-11EA-B4AA-73B441D16380',
      '00000000-0000-0000-0000-000000000000',
    ],
    bad: [
      '',
      '2eb8aa08-aa98-11ea-b4aa-73b441d1638',
      '2eb8aa08aa9811eab4aa73b441d16380',
      'geb8aa08-aa98-11ea-b4aa-73b441d16380',
      '{2eb8aa08-aa98-11ea-b4aa-73b441d16380}',
    ],
  },
  'date-time': {
    good: [
      '1963-06-19T08:30:06.283185Z',
      '1963-06-19t08:30:06z',
      '1990-12-31T15:59:60.123-08:00',
      '1998-12-31T23:59:60Z',
      '2024-02-29T00:00:00+00:00',
    ],
    bad: [
      '',
      '1990-02-31T15:59:59Z',
      '1990-12-31T15:59:59-24:00',
      '1963-06-19 08:30:06Z',
      '2013-350T01:01:01',
      '1963-06-19T08:30:06',
      '1998-12-31T23:58:60Z',
      '1963-06-1৪T00:00:00Z',
      '+11963-06-19T08:30:06Z',
      '06/19/1963 08:30:06 PST',
    ],
  },
  date: {
    good: ['1963-06-19', '2020-02-29', '2000-02-29', '2020-01-31'],
    bad: [
      '',
      '06/19/1963',
      '2013-350',
      '1998-1-20',
      '1998-13-01',
      '1998-00-01',
      '1998-01-00',
      '1998-04-31',
      '2021-02-29',
      '1900-02-29',
      '1963-06-1৪',
      '20230328',
      '2023-W01',
      '2020-01-31\n',
    ],
  },
  time: {
    good: [
      '08:30:06Z',
      '08:30:06.283185z',
      '08:30:06+00:20',
      '23:59:60Z',
      '15:59:60-08:00',
      '01:29:60+01:30',
      '23:29:60+23:30',
      '00:29:60-23:30'.replace('00:29', '00:29'),
    ],
    bad: [
      '',
      '08:30:06',
      '8:30:06Z',
      '24:00:00Z',
      '00:60:00Z',
      '00:00:61Z',
      '22:59:60Z',
      '23:59:60+01:00',
      '01:02:03+24:00',
      '01:02:03+00:60',
      '08:30:06 PST',
      '01:01:01,1111Z',
      '12:00:00.Z',
      '1২:00:00Z',
      '08:30:06Z\n',
    ],
  },
  ipv4: {
    good: ['192.168.0.1', '0.0.0.0', '255.255.255.255'],
    bad: [
      '',
      '127.0.0.0.1',
      '256.0.0.1',
      '127.0',
      '0x7f000001',
      '2130706433',
      '087.10.0.1',
      '192.168.1.0/24',
      '1২7.0.0.1',
      ' 1.1.1.1',
      '1.1.1.1\n',
    ],
  },
  ipv6: {
    good: ['::1', '::', '2001:db8::8a2e:370:7334', '::ffff:192.168.0.1', '1:2:3:4:5:6:7:8', 'd6::'],
    bad: [
      '',
      '12345::',
      '::abcef',
      '1:1:1:1:1:1:1:1:1',
      '::laptop',
      ':2:3:4:5:6:7:8',
      '1:2:3:4:5:6:7',
      '1::d6::42',
      '::1%eth0',
      'fe80::/64',
      '1:2::192.168.256.1',
      '1:2:3:4:5:::8',
      ' ::1',
      '::1\n',
      '[::1]',
    ],
  },
  hostname: {
    good: ['www.example.com', 'xn--4gbwdl.xn--wgbh1c', 'localhost', '1host', label63, host253, 'a-b.c'],
    bad: ['', '-a-host', 'host-', 'not_valid', 'a..b', '.a', 'a.', `${label63}a`, `${host253}a`, 'é.com', 'a b', 'a\n'],
  },
}

for (const [format, { good, bad }] of Object.entries(samples) as [Format, Samples][]) {
  test(`tells ${format} from what is none`, (t) => {
    for (const text of good) t.true(formats[format].test(text), text)
    for (const text of bad) t.false(formats[format].test(text), JSON.stringify(text))
  })

  test(`judges ${format} in linear time`, (t) => {
    const hostile = ['a', '.', ':', '@', '"', '\\"', '%41', '1', '-', 'a@', 'a.', '[', '::', '1:']
    const started = performance.now()
    for (const part of hostile) {
      const text = part.repeat(100_000)
      for (const sample of [text, `a:${text}`, `http://${text}`, `http://${text}@`, `"${text}`, `a@${text}`])
        formats[format].test(sample)
    }
    t.true(performance.now() - started < 5000)
  })
}
