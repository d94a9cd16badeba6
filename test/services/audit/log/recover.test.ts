import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { appendFile, readdir, readFile, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { openAuditLog } from '../../../../src/services/audit/log/open.ts'
import { readVkey } from '../../../../src/services/audit/note.ts'
import { awaitFile, read, readWhole, setup, temporaryFolder } from './harness.ts'

const plain = '00000001.jsonl'

/** A closed log of a few records. */
async function written(
  t: ExecutionContext,
): Promise<{ readonly dir: string; readonly folder: string; readonly id: string }> {
  const dir = await temporaryFolder(t)
  const log = await openAuditLog(setup(dir))
  for (let n = 0; n < 5; n++) await log.commit(read(n))
  await log.close()
  return { dir, folder: join(dir, log.id), id: log.id }
}

async function contents(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = await readdir(folder)
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'hex')])),
  )
}

/** A start that is refused names what is wrong, and leaves every byte as it was. */
async function refused(
  t: ExecutionContext,
  { dir, folder }: { dir: string; folder: string },
  message: RegExp,
): Promise<void> {
  const before = await contents(folder)
  const error = await t.throwsAsync(openAuditLog(setup(dir)), { name: 'StartFault', message })
  t.true(error?.message.includes(folder))
  t.regex(String(error?.message), /move the folder away and keep it as evidence, and a new log is begun$/)
  t.deepEqual(await contents(folder), before)
}

test('cuts a last record that is torn at whatever byte, and puts on record what was cut', async (t) => {
  const { dir, folder } = await written(t)
  const text = await readFile(join(folder, plain))
  const start = text.lastIndexOf('\n', text.length - 2) + 1
  await rm(join(folder, '00000001.heads'))
  for (let end = start; end < text.length; end++) {
    await writeFile(join(folder, plain), text.subarray(0, end))
    await rm(join(folder, '00000001.heads'), { force: true })
    const log = await openAuditLog(setup(dir))
    t.true(await log.commit(read(9)))
    await log.close()
    const { records } = await readWhole(folder)
    const recovered = records.filter(({ event }) => event === 'audit.recovered')
    t.deepEqual(
      recovered.map(({ cut }) => cut),
      end === start ? [] : [end - start],
    )
  }
})

test('cuts a hole of zeros, and what follows it', async (t) => {
  const { dir, folder } = await written(t)
  await appendFile(join(folder, plain), `${'\0'.repeat(4096)}{"v":1}\nrest`)
  const log = await openAuditLog(setup(dir))
  await log.close()
  const { records } = await readWhole(folder)
  t.is(records.find(({ event }) => event === 'audit.recovered')?.cut, 4096 + 12)
})

test('cuts a head that is torn at whatever byte', async (t) => {
  const { dir, folder } = await written(t)
  const heads = join(folder, '00000001.heads')
  const text = await readFile(heads)
  for (let end = 1; end < text.length; end++) {
    await writeFile(heads, text.subarray(0, end))
    const log = await openAuditLog(setup(dir))
    await log.close()
    const { records, headed } = await readWhole(folder)
    const last = records.findLast(({ event }) => event === 'audit.recovered')
    t.like(last, { file: '00000001.heads', cut: end })
    t.deepEqual(headed, [records.length])
  }
})

test('refuses a log whose records do not follow, names the first, and does not touch it', async (t) => {
  const log = await written(t)
  const text = await readFile(join(log.folder, plain), 'utf8')
  const lines = text.trimEnd().split('\n')
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['edited', text.replace('"n":2', '"n":7'), /jsonl:6`: record 6 does not follow/],
    ['removed', [...lines.slice(0, 3), ...lines.slice(4), ''].join('\n'), /jsonl:4`: record 4 does not follow/],
    ['doubled', [...lines.slice(0, 3), ...lines.slice(2), ''].join('\n'), /jsonl:4`: record 4 does not follow/],
    ['last edited', text.replace('audit.stopped', 'audit.st0pped'), /up to record 8 they are not what the head/],
    ['cut', [...lines.slice(0, -1), ''].join('\n'), /record 8 is not there, but a signed head is about 8/],
    ['torn below a head', text.slice(0, -2), /record 8 is not there, but a signed head is about 8/],
    ['without end', lines.slice(0, 1).join('\n'), /is not the record that a segment begins with/],
    ['empty', '', /is not the record that a segment begins with/],
  ]
  for (const [title, edited, message] of wrong) {
    await writeFile(join(log.folder, plain), edited)
    t.log(title)
    await refused(t, log, message)
  }
})

test('refuses bytes that are no UTF-8, though they read as the same text', async (t) => {
  const dir = await temporaryFolder(t)
  const log = await openAuditLog(setup(dir))
  await log.commit({ ...read(1), text: '\ufffd' })
  await log.close()
  const path = join(dir, log.id, plain)
  const bytes = await readFile(path)
  const at = bytes.indexOf('\ufffd')
  await writeFile(path, Buffer.concat([bytes.subarray(0, at), Buffer.of(0xff), bytes.subarray(at + 3)]))
  await refused(t, { dir, folder: join(dir, log.id) }, /record 3 does not follow/)
})

test('refuses heads that do not hold', async (t) => {
  const log = await written(t)
  const heads = join(log.folder, '00000001.heads')
  const text = await readFile(heads, 'utf8')
  const at = text.lastIndexOf(' ') + 20
  await writeFile(heads, `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`)
  await refused(t, log, /the signature of the head about 8 records is wrong/)
  await writeFile(heads, `${text}not a head\n\nat all\n\n${text}`)
  await refused(t, log, /holds something else after 1 signed heads/)
})

test('refuses a log that was begun, but has no records', async (t) => {
  const log = await written(t)
  await unlink(join(log.folder, plain))
  await refused(t, log, /is not there, but its heads/)
  await unlink(join(log.folder, '00000001.heads'))
  await refused(t, log, /is not there, but the log was begun/)
})

test('gives the log free that it refuses', async (t) => {
  const log = await written(t)
  const text = await readFile(join(log.folder, plain), 'utf8')
  await writeFile(join(log.folder, plain), text.replace('"n":2', '"n":7'))
  await t.throwsAsync(openAuditLog(setup(log.dir)))
  await writeFile(join(log.folder, plain), text)
  const again = await openAuditLog(setup(log.dir))
  t.is(again.id, log.id)
  await again.close()
})

test('takes away a segment that was only being begun', async (t) => {
  for (const torn of ['', '{"v":1,"log":"', '\0'.repeat(700)]) {
    const { dir, folder } = await written(t)
    await writeFile(join(folder, '00000002.jsonl'), torn)
    const log = await openAuditLog(setup(dir))
    t.false(existsSync(join(folder, '00000002.jsonl')))
    await log.close()
    await readWhole(folder)
  }
})

test('begins anew in a folder that a crash left before its first record', async (t) => {
  const { dir, folder, id } = await written(t)
  for (const name of await readdir(folder)) if (name !== 'lock') await unlink(join(folder, name))
  await writeFile(join(folder, plain), '{"v":1,"lo')
  const log = await openAuditLog(setup(dir))
  t.is(log.id, id)
  await log.close()
  await readWhole(folder)
})

test('finishes a compression that was interrupted at whatever step', async (t) => {
  const { dir, folder } = await written(t)
  const log = await openAuditLog(setup(dir))
  await log.rotate()
  await awaitFile(join(folder, plain), false)
  await log.close()
  const packed = await readFile(join(folder, `${plain}.gz`))
  const whole = await readWhole(folder)
  const text = gunzipSync(packed)
  for (const left of ['draft', 'both']) {
    await writeFile(join(folder, plain), text)
    await writeFile(join(folder, `${plain}.gz.tmp`), packed.subarray(0, 50))
    if (left === 'draft') await unlink(join(folder, `${plain}.gz`))
    const again = await openAuditLog(setup(dir))
    await awaitFile(join(folder, plain), false)
    await again.close()
    const { records, files } = await readWhole(folder)
    t.deepEqual(records.slice(0, whole.records.length), whole.records)
    t.false(files.includes(`${plain}.gz.tmp`))
    t.deepEqual(await readFile(join(folder, `${plain}.gz`)), packed)
  }
  t.deepEqual([...packed.subarray(0, 10)], [...gzipSync('').subarray(0, 10)])
  t.is(packed.readUInt32LE(4), 0, 'no time')
})

test('begins a segment where the key is another, and holds the heads of the old one by their roots', async (t) => {
  const { dir, folder } = await written(t)
  const key = generateKeyPairSync('ed25519').privateKey
  const log = await openAuditLog(setup(dir, { key }))
  const begun = JSON.parse((await readFile(join(folder, '00000002.jsonl'), 'utf8')).split('\n')[0] ?? '')
  t.like(begun, { event: 'audit.segment', why: 'rotated', segment: 2, key: log.vkey })
  await log.close()
  const vkeys = (await readFile(join(folder, 'key.pub'), 'utf8')).trimEnd().split('\n')
  t.is(vkeys.length, 2)
  t.is(vkeys[1], log.vkey)
  t.truthy(readVkey(log.vkey))
})

test('names a key beside the log before anything is signed with it', async (t) => {
  const dir = await temporaryFolder(t)
  const first = await openAuditLog(setup(dir))
  const folder = join(dir, first.id)
  await first.close()
  await rm(join(folder, '00000001.heads'))
  const named: string[] = []
  const publish = (): void => void named.push(readFileSync(join(folder, 'key.pub'), 'utf8'))
  const log = await openAuditLog(setup(dir, { key: generateKeyPairSync('ed25519').privateKey, publish }))
  await log.close()
  t.true(named[0]?.includes(log.vkey))
})

test('adds a key to those beside the log whole, whatever a crash left of the attempt before', async (t) => {
  const { dir, folder } = await written(t)
  const known = await readFile(join(folder, 'key.pub'), 'utf8')
  await writeFile(join(folder, 'key.pub.tmp'), `${known}portcullis/aud`)
  const { ino } = await stat(join(folder, 'key.pub'))
  const log = await openAuditLog(setup(dir, { key: generateKeyPairSync('ed25519').privateKey }))
  await log.close()
  t.is(await readFile(join(folder, 'key.pub'), 'utf8'), `${known}${log.vkey}\n`)
  t.not((await stat(join(folder, 'key.pub'))).ino, ino, 'replaced, not written to')
  t.false(existsSync(join(folder, 'key.pub.tmp')))
})

test('starts from the last segment alone, whatever came before it', async (t) => {
  const { dir, folder } = await written(t)
  const log = await openAuditLog(setup(dir))
  await log.rotate()
  await log.close()
  await truncate(join(folder, existsSync(join(folder, plain)) ? plain : `${plain}.gz`), 3)
  const again = await openAuditLog(setup(dir))
  t.true(await again.commit(read(1)))
  await again.close()
})
