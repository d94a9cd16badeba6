/** What is said of certificates before a client finds out. */

import { X509Certificate } from 'node:crypto'
import test from 'ava'
import { readChain, validityOf, weaknessOf } from '../../src/services/tls/certificate.ts'
import { checkTlsSettings } from '../../src/services/tls/check-settings.ts'
import { makeCertificates } from '../helpers/certificates.ts'
import { makeServerCertificate } from '../helpers/server-certificate.ts'

const day = 86_400_000
const pair = makeServerCertificate(['localhost'], { days: 90 })
const { server, ca } = makeCertificates()
const [from, to] = [new X509Certificate(pair.cert).validFromDate, new X509Certificate(pair.cert).validToDate].map(
  Number,
)

test('finds nothing wrong with a pair, alone or with its chain', (t) => {
  t.deepEqual(checkTlsSettings(pair), [])
  t.deepEqual(checkTlsSettings({ ...server, cert: `${server.cert}\n${ca}` }), [])
  t.deepEqual(checkTlsSettings({ cert: '${file:a}', key: '${secret:b}' }), [])
})

test('a certificate is shown from its first day to its last', (t) => {
  const rules = (now = 0) => checkTlsSettings(pair, now).map(({ message }) => message)
  t.regex(String(rules((from ?? 0) - 1)), /^it is not valid before 20\d\d-\d\d-\d\d$/)
  t.deepEqual(rules(from), [])
  t.deepEqual(rules(to), [])
  t.regex(String(rules((to ?? 0) + 1)), /^it expired on 20\d\d-\d\d-\d\d$/)
})

test('a renewal is late 30 days before the end, or after two thirds of a shorter life', (t) => {
  const [own] = readChain(pair.cert)
  const [brief] = readChain(makeServerCertificate(['a'], { days: 6 }).cert)
  if (own === undefined || brief === undefined) return t.fail()
  const end = own.validToDate.getTime()
  t.is(validityOf(own, end - 30 * day), 'good')
  t.is(validityOf(own, end - 30 * day + 1), 'soon')
  t.is(validityOf(brief, brief.validToDate.getTime() - 2 * day - 1_000), 'good')
  t.is(validityOf(brief, brief.validToDate.getTime() - 2 * day + 1_000), 'soon')
})

test('weak keys and signatures are found, wherever in the chain', (t) => {
  const rsa = makeServerCertificate(['a'], { newKey: ['rsa:1024'] })
  const sha1 = makeServerCertificate(['a'], { newKey: ['rsa:2048'], digest: 'sha1' })
  const weakness = (pem: string) => weaknessOf(readChain(pem))
  t.is(weakness(pair.cert), undefined)
  t.is(weakness(rsa.cert), 'expected an RSA key of at least 2048 bits, got 1024')
  t.regex(weakness(sha1.cert) ?? '', /^expected a signature by SHA-256 or better, got `.*SHA1/i)
  t.is(weakness(`${pair.cert}${sha1.cert}`), undefined, 'nobody looks at the signature of a root')
  t.regex(weakness(`${pair.cert}${rsa.cert}`) ?? '', /in certificate 2 of the chain$/)
})

test('what OpenSSL alone refuses is told in its words', (t) => {
  const curve = makeServerCertificate(['a'], { newKey: ['ec', '-pkeyopt', 'ec_paramgen_curve:secp160r1'] })
  t.like(checkTlsSettings(curve)[0], { rule: 'settings/tls-certificate', path: ['tls', 'key'] })
})

test('a long text that is no certificate is read in no time', (t) => {
  t.deepEqual(readChain('-----BEGIN CERTIFICATE-----'.repeat(20_000)), [])
  t.deepEqual(readChain(`-----BEGIN CERTIFICATE-----${'a\n'.repeat(100_000)}`), [])
})
