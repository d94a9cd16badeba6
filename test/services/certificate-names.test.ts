/** The names of a certificate, as Node writes them: none is read out of another. */

import type { X509Certificate } from 'node:crypto'
import test from 'ava'
import { namesOf } from '../../src/services/tls/certificate-names.ts'

const named = (subjectAltName: string): X509Certificate => ({ subjectAltName }) as X509Certificate

test('reads each kind of alternative name', (t) => {
  const certificate = named(
    'DNS:a.example, URI:spiffe://shop/a, email:a@shop.example, IP Address:10.0.0.7, DNS:*.b.example',
  )
  t.deepEqual(namesOf(certificate, 'dns'), ['a.example', '*.b.example'])
  t.deepEqual(namesOf(certificate, 'uri'), ['spiffe://shop/a'])
  t.deepEqual(namesOf(certificate, 'email'), ['a@shop.example'])
})

test('takes what stands in quotes for one name', (t) => {
  const certificate = named('URI:"x, DNS:billing.internal", DNS:"a\\"b, DNS:c", DNS:d')
  t.deepEqual(namesOf(certificate, 'dns'), ['a"b, DNS:c', 'd'])
  t.deepEqual(namesOf(certificate, 'uri'), ['x, DNS:billing.internal'])
})

test('of a text that it does not understand, nothing counts', (t) => {
  for (const text of ['DNS:a, ???', 'DNS:"a', 'DNS:a"b', 'a', '__proto__:x, DNS:"'])
    t.deepEqual(namesOf(named(text), 'dns'), [], text)
  t.deepEqual(namesOf(named('constructor:x, toString:y'), 'dns'), [])
  t.deepEqual(namesOf({} as X509Certificate, 'dns'), [])
})
