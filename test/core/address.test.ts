import { isIPv6, SocketAddress } from 'node:net'
import test from 'ava'
import fc from 'fast-check'
import { addressBlock, compileRanges, isCidr, isLoopbackHost, readAddress, readCidr } from '../../src/core/address.ts'

const refused = [
  '',
  ' 1.2.3.4',
  '1.2.3.4 ',
  '1.2.3',
  '1.2.3.4.5',
  '01.2.3.4',
  '0x7f.0.0.1',
  '2130706433',
  '256.1.1.1',
  '1.2.3.4:80',
  '1.2.3.4/32',
  '٣.2.3.4',
  '1::2::3',
  ':::',
  '[::1]',
  '12345::',
  'g::1',
  'localhost',
  '__proto__',
  '1.2.3.4\0',
  '1.2.3.4%lo',
]
for (const text of refused)
  test(`reads no address in ${JSON.stringify(text)}`, (t) => t.is(readAddress(text), undefined))

const canonical = {
  '203.0.113.7': '203.0.113.7',
  '::ffff:203.0.113.7': '203.0.113.7',
  '::FFFF:203.0.113.7': '203.0.113.7',
  '0:0:0:0:0:ffff:cb00:7107': '203.0.113.7',
  '::ffff:203.0.113.7%eth0': '203.0.113.7',
  '2001:DB8:0:0:1:0:0:1': '2001:db8::1:0:0:1',
  'fe80::1%eth0': 'fe80::1',
  '::': '::',
}
for (const [text, address] of Object.entries(canonical))
  test(`reads ${text} as ${address}`, (t) => t.is(readAddress(text), address))

test('does not take an IPv4-compatible IPv6 address for IPv4', (t) => {
  t.is(readAddress('::10.0.0.1'), '::a00:1')
  t.is(readAddress('64:ff9b::10.0.0.1'), '64:ff9b::a00:1')
})

test('every spelling of an IPv6 address is read alike', (t) => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const address = readAddress(text) ?? ''
      const full = expand(text)
      t.is(readAddress(full), address)
      t.is(readAddress(full.toUpperCase()), address)
      t.is(readAddress(address), address)
    }),
  )
})

/** All eight groups, by node's own parser. */
function expand(text: string): string {
  const { address } = new SocketAddress({ address: text, family: 'ipv6' })
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...d) => {
    const [a, b, c, e] = d.slice(0, 4).map(Number) as [number, number, number, number]
    return `${(a * 256 + b).toString(16)}:${(c * 256 + e).toString(16)}`
  })
  const [head = '', tail = ''] = hex.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  if (!hex.includes('::')) return hex
  return [...groups(head), ...Array(8 - groups(head).length - groups(tail).length).fill('0'), ...groups(tail)].join(':')
}

test('never throws, whatever the text', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      readAddress(text)
      isCidr(text)
      readCidr(text)
      isLoopbackHost(text)
      compileRanges(['10.0.0.0/8'])(text)
    }),
  )
  t.is(readAddress(`fe80::1%${'a'.repeat(100_000)}`), 'fe80::1')
})

test('counts an IPv6 client by its /64 and an IPv4 client by itself', (t) => {
  t.is(addressBlock('203.0.113.7'), '203.0.113.7')
  t.is(addressBlock('2001:db8:1:2::5'), addressBlock('2001:db8:1:2:ffff:ffff:ffff:ffff'))
  t.not(addressBlock('2001:db8:1:2::5'), addressBlock('2001:db8:1:3::5'))
  t.is(addressBlock('::1'), '0:0:0:0::/64')
})

const cidrs = [
  '10.0.0.0/8',
  '0.0.0.0/0',
  '203.0.113.7',
  '203.0.113.7/32',
  '::/0',
  '2001:db8::/32',
  '::1',
  '::ffff:10.0.0.0/104',
]
for (const text of cidrs) test(`takes ${text} for a CIDR`, (t) => t.true(isCidr(text)))

const faulty = [
  '10/8',
  '10.0.0/8',
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0.0/08',
  '10.0.0.0/-1',
  '10.0.0.0/8 ',
  '10.0.0.0/255.0.0.0',
  '::/129',
  '::ffff:10.0.0.0/90',
  'fe80::%eth0/10',
  '010.0.0.0/8',
  '/8',
  '',
  'private',
  '*',
]
for (const text of faulty) test(`takes ${JSON.stringify(text)} for no CIDR`, (t) => t.false(isCidr(text)))

test('clears the bits after the prefix', (t) => {
  t.is(readCidr('10.1.2.3/8'), '10.0.0.0/8')
  t.is(readCidr('10.255.2.3/12'), '10.240.0.0/12')
  t.is(readCidr('10.1.2.3/0'), '0.0.0.0/0')
  t.is(readCidr('10.1.2.3'), '10.1.2.3/32')
  t.is(readCidr('2001:db8:ffff::1/33'), '2001:db8:8000::/33')
  t.is(readCidr('::ffff:10.1.2.3/104'), '10.0.0.0/8')
  t.is(readCidr('nowhere/8'), undefined)
})

test('finds an address in its range and not one beside it', (t) => {
  const isInside = compileRanges(['10.0.0.0/8', '192.168.1.128/25', '203.0.113.7', 'fd00::/8', '::ffff:172.16.0.0/108'])
  for (const address of ['10.0.0.0', '10.255.255.255', '192.168.1.128', '203.0.113.7', 'fd12::1', '172.31.255.255']) {
    t.true(isInside(address), address)
  }
  for (const address of [
    '9.255.255.255',
    '11.0.0.0',
    '192.168.1.127',
    '203.0.113.8',
    'fe00::1',
    '::a00:1',
    '172.32.0.0',
  ]) {
    t.false(isInside(address), address)
  }
})

test('finds what a slow reading of the bits finds', (t) => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (base, address, prefix) => {
      const shift = 2 ** (32 - prefix)
      const network = (text: string) =>
        Math.floor(text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) / shift)
      t.is(compileRanges([`${base}/${prefix}`])(address), network(base) === network(address))
    }),
  )
})

test('answers the same from its memory, also after many other addresses', (t) => {
  const isInside = compileRanges(['10.0.0.0/8'])
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 3_000; i++) t.is(isInside(`${10 + (i % 2)}.0.${i >> 8}.${i & 255}`), i % 2 === 0)
  }
})

test('refuses to compile what is no CIDR', (t) => {
  t.throws(() => compileRanges(['10.0.0.0/8', '10/8']), { instanceOf: TypeError })
})

test('knows this machine by any of its names', (t) => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '::1', '[::1]', '[::ffff:7f00:1]'])
    t.true(isLoopbackHost(host), host)
  for (const host of [
    'localhost.evil.example',
    '10.0.0.1',
    '0.0.0.0',
    '[::]',
    '127.1',
    '2130706433',
    'example.com',
    '',
  ]) {
    t.false(isLoopbackHost(host), host)
  }
})

test('agrees with node on what an IPv6 address is', (t) => {
  const unit = fc.constantFrom(...'0123456789abcdef:.%')
  fc.assert(
    fc.property(fc.string({ unit }), (text) =>
      t.is(readAddress(text)?.includes(':') ?? false, isIPv6(text) && !isMapped(text)),
    ),
  )
})

const isMapped = (text: string) => /^(0*:)*:?(0*:)*f{4}:/i.test(text)
