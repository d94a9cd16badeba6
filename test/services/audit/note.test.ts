import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import test from 'ava'
import {
  findHeads,
  isSignedBy,
  originOf,
  readHead,
  readVkey,
  signHead,
  vkeyOf,
} from '../../../src/services/audit/note.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519').publicKey
const root = Buffer.alloc(32, 7).toString('base64')
const checkpoint = { origin: originOf('host-01234567'), size: 17, root }
const note = signHead(checkpoint, privateKey)

test('writes a checkpoint as C2SP lays it down', (t) => {
  const lines = note.split('\n')
  t.deepEqual(lines.slice(0, 4), ['portcullis/audit/host-01234567', '17', root, ''])
  t.regex(lines[4] ?? '', /^— portcullis\/audit\/host-01234567 [A-Za-z0-9+/]{91}=$/)
  t.is(lines[5], '')
  t.is(lines.length, 6)
})

test('reads the key of the signed note in the documentation of golang.org/x/mod/sumdb/note, which verifies its text', (t) => {
  const vkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
  const read = readVkey(vkey)
  t.is(read?.name, 'PeterNeumann')
  if (read === undefined) return
  t.is(vkeyOf('PeterNeumann', read.key), vkey)
  const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
  const signature = Buffer.from(
    'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=',
    'base64',
  )
  t.is(signature.subarray(0, 4).toString('hex'), 'c74f20a3')
  t.true(verify(null, Buffer.from(text), read.key, signature.subarray(4)))
})

test('refuses keys that are not what they say', (t) => {
  const vkey = vkeyOf('portcullis/audit/a', publicKey)
  t.is(readVkey(vkey)?.name, 'portcullis/audit/a')
  t.is(readVkey(vkey.replace('audit/a', 'audit/b')), undefined)
  t.is(readVkey(vkey.slice(0, -1)), undefined)
  t.is(readVkey(`${vkey}\n`), undefined)
  t.is(readVkey(''), undefined)
})

test('knows who signed a head', (t) => {
  const head = readHead(note)
  if (head === undefined) return t.fail()
  t.like(head, checkpoint)
  t.true(isSignedBy(head, publicKey))
  t.true(isSignedBy(head, createPublicKey(privateKey)))
  t.false(isSignedBy(head, other))
  t.false(isSignedBy({ ...head, size: 18 }, publicKey))
  t.false(isSignedBy({ ...head, root: Buffer.alloc(32, 8).toString('base64') }, publicKey))
  t.false(isSignedBy({ ...head, origin: originOf('host-76543210') }, publicKey))
})

test('takes no head with a bit of it changed', (t) => {
  const bytes = Buffer.from(note)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const head = readHead(changed.toString())
    t.false(head !== undefined && isSignedBy(head, publicKey), `bit ${bit}`)
  }
})

test('finds heads wherever they are quoted', (t) => {
  const second = signHead({ ...checkpoint, size: 20 }, privateKey)
  const places = [
    `${note}\n${second}\n`,
    `${JSON.stringify({ level: 30, head: note })}\n${JSON.stringify({ head: second })}\n`,
    `1-0\nnote\n${note}\n1-1\nnote\n${second}`,
    `1) "${note.replaceAll('\n', '\\n')}"\n2) "${second.replaceAll('\n', '\\n')}"`,
    `1) "${note}"\n2) "${second}"`.replaceAll('\n', '\\n').replaceAll('—', '\\xe2\\x80\\x94'),
    `${note}\n${second}\n`.replaceAll('\n', '\r\n'),
  ]
  for (const place of places)
    t.deepEqual(
      findHeads(place).map(({ text }) => text),
      [note, second],
    )
  t.deepEqual(findHeads('nothing\n17\nhere\n'), [])
})
