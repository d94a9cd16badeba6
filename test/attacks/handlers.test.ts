/** Handlers and loaders of the worst kind: whatever they do, the answer is one of the catalogue, and the server goes on. */

import test from 'ava'
import { catalogue } from '../../src/core/denial.ts'
import { type Gate, openGate } from '../helpers/gate.ts'
import { RawClient } from '../helpers/raw.ts'

/** Name → the code of a module's export; every text that must not get out says `inside`. */
const handlers = {
  throws: '() => { throw new Error("inside") }',
  throwsNothing: '() => { throw undefined }',
  throwsText: '() => { throw "inside" }',
  throwsFrozen: '() => { throw Object.freeze({ expose: true, status: 200, message: "inside" }) }',
  rejects: 'async () => { throw new Error("inside") }',
  rejectsNothing: '() => Promise.reject()',
  rejectsLate: 'async () => { await tick(); throw new Error("inside") }',
  hugeStatus: '(ctx) => { ctx.body = "inside"; ctx.res.statusCode = 1000 }',
  noStatus: '(ctx) => { ctx.body = "inside"; ctx.res.statusCode = Number.NaN }',
  informs: '(ctx) => { ctx.body = "inside"; ctx.res.statusCode = 101 }',
  splits: '(ctx) => { ctx.set("X-Own", "a\\r\\nX-Split: inside"); ctx.body = "inside" }',
  splitsLate: 'async (ctx) => { await tick(); ctx.res.setHeader("X-Own", "a\\nX-Split: inside"); ctx.body = "inside" }',
  badName: '(ctx) => { ctx.set("X Own\\r\\n", "inside"); ctx.body = "inside" }',
  badText: '(ctx) => { ctx.set("X-Own", "inside \\ud83d\\ude00"); ctx.body = "inside" }',
  circular: '(ctx) => { const inside = {}; inside.inside = inside; ctx.body = inside }',
  bigint: '(ctx) => { ctx.body = { inside: 1n } }',
  throwingJson: '(ctx) => { ctx.body = { toJSON() { throw new Error("inside") } } }',
  failsEarly: '(ctx) => { ctx.body = createReadStream("/inside/of/nothing") ; return tick() }',
  failsEarlier:
    'async (ctx) => { ctx.body = new Readable({ read() {} }); ctx.body.destroy(new Error("inside")); await tick() }',
  failsWhenReplaced:
    'async (ctx) => { ctx.body = createReadStream("/inside"); await tick(); throw new Error("inside") }',
  spentStream: 'async (ctx) => { const body = Readable.from([]); for await (const _ of body); ctx.body = body }',
  never: '() => new Promise(() => {})',
  tooLate: 'async () => { await new Promise((late) => setTimeout(late, 400)); throw new Error("inside") }',
}

/** Those whose head may be out already, or who write behind the engine's back: cut off, or answered as they did. */
const uncouth = {
  twice: '(ctx) => { ctx.res.end("one"); ctx.body = "two" }',
  byHand: 'async (ctx) => { ctx.res.writeHead(200); ctx.res.write("x"); await tick(); ctx.body = "two" }',
  endsLate:
    '(ctx) => { ctx.body = "one"; setTimeout(() => { ctx.res.end("two"); ctx.body = "three"; ctx.set("a", "b") }, 20) }',
  failsMidway:
    '(ctx) => { ctx.body = Readable.from((async function* () { yield "x"; await tick(); throw new Error("inside") })()) }',
  failsAtOnce: '(ctx) => { ctx.body = createReadStream("/inside/of/nothing") }',
  objects: '(ctx) => { ctx.body = Readable.from([{ inside: 1 }]) }',
  longer: '(ctx) => { ctx.length = 1; ctx.body = Readable.from(["much", "longer"]); ctx.length = 1 }',
  shorter: '(ctx) => { ctx.body = Readable.from(["x"]); ctx.length = 100 }',
  destroys: '(ctx) => { ctx.res.destroy() }',
  destroysSocket: 'async (ctx) => { ctx.req.socket.destroy(); await tick(); ctx.body = "x" }',
}

const loaders = {
  loadThrows: '() => { throw new Error("inside") }',
  loadRejects: 'async () => { throw new Error("inside") }',
  loadText: '() => "inside"',
  loadClass: '() => new (class Inside {})()',
  loadProxy: '() => new Proxy({}, { getPrototypeOf() { throw new Error("inside") } })',
  loadGetter: '() => ({ get owner() { throw new Error("inside") } })',
  loadNever: '() => new Promise(() => {})',
  loadThenThrows: '() => ({ then() { throw new Error("inside") } })',
}

/** Both ways to read what comes, and neither knows of a bound. */
const readers = {
  readsAll:
    'async (ctx) => { let size = 0; for await (const chunk of ctx.req) { size += chunk.length; largest = Math.max(largest, size) } ctx.body = `${size}` }',
  listens: `(ctx) => new Promise((done, failed) => {
    let size = 0
    ctx.req.on('data', (chunk) => { size += chunk.length; largest = Math.max(largest, size) })
    ctx.req.once('error', failed).once('end', () => done(ctx.body = \`\${size}\`))
  })`,
  most: '(ctx) => { ctx.body = `${largest}` }',
}

const moduleText = `
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
const tick = () => new Promise((later) => setTimeout(later, 30))
let largest = 0
${Object.entries({ ...handlers, ...uncouth, ...loaders, ...readers })
  .map(([name, code]) => `export const ${name} = ${code}`)
  .join('\n')}
`

const policy = `
service: bad
defaults: { authenticate: public, timeout: 300ms, cors: { origins: ['https://shop.example'] } }
roles:
  anonymous:
    - { can: read, subject: Thing, when: { owner: ada } }
routes:
  GET /good: { reply: { body: good } }
  POST /readsAll: { handler: './bad.js#readsAll', input: { body: any, maxBytes: 1kb } }
  POST /listens: { handler: './bad.js#listens', input: { body: any, maxBytes: 1kb } }
  GET /most: { handler: './bad.js#most' }
${Object.keys({ ...handlers, ...uncouth })
  .map((name) => `  GET /${name}: { handler: './bad.js#${name}' }`)
  .join('\n')}
${Object.keys(loaders)
  .map(
    (name) => `  GET /${name}:
    authorize: { action: read, subject: Thing, resource: './bad.js#${name}' }
    reply: { body: inside }`,
  )
  .join('\n')}
`

let gate: Gate
const log = { info() {}, warn() {}, error() {}, debug() {} }

test.before(async () => {
  gate = await openGate({ 'bad.yaml': policy, 'bad.js': moduleText }, { world: { log } })
})
test.after.always(() => gate?.close())

const isGood = async (): Promise<boolean> => (await gate.call('GET', '/good')).body === 'good'

for (const name of Object.keys({ ...handlers, ...loaders })) {
  test(`answers from the catalogue, with the route's headers, where a handler or loader ${name}`, async (t) => {
    const { status, headers, body } = await gate.call('GET', `/${name}`)
    const code: 'internal_error' | 'upstream_timeout' = status === 504 ? 'upstream_timeout' : 'internal_error'
    t.is(status, catalogue[code].status)
    const { requestId, ...rest } = JSON.parse(body)
    t.deepEqual(rest, { status: 'error', code, message: catalogue[code].message })
    t.is(requestId, headers['x-request-id'])
    t.is(headers['x-content-type-options'], 'nosniff')
    t.is(headers.vary, 'Origin')
    t.is(headers['x-split'], undefined)
    t.false(JSON.stringify([headers, body]).includes('inside'))
    t.true(await isGood())
  })
}

for (const name of Object.keys(uncouth)) {
  test(`goes on, and mixes nothing into the next answer, where a handler ${name}`, async (t) => {
    const client = await RawClient.connect(gate.port)
    client.send(`GET /${name} HTTP/1.1\r\nHost: a\r\n\r\nGET /good HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    const text = await client.rest()
    t.false(text.includes('inside'))
    const answers = text.split(/(?=HTTP\/1\.1 )/).filter(Boolean)
    const last = answers.at(-1) ?? ''
    // A connection that was cut carries no further answer; one that was not, carries a whole one.
    if (answers.length > 1) t.regex(last, /^HTTP\/1\.1 200 [\s\S]*\r\n\r\ngood$/)
    t.true(answers.length <= 2)
    t.true(await isGood())
  })
}

const chunk = (size: number) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`
const chunked = (name: string) => `POST /${name} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`

for (const name of ['readsAll', 'listens']) {
  test(`a handler that ${name} gets no more of a body than the policy lets through`, async (t) => {
    const client = await RawClient.connect(gate.port)
    t.is((await client.send(`${chunked(name)}${chunk(1000)}${chunk(24)}0\r\n\r\n`).answer()).body, '1024')
    client.send(chunked(name))
    for (let i = 0; i < 200; i++) client.send(chunk(500))
    const text = await client.rest()
    t.false(text.includes(' 200 '))
    t.true(Number((await gate.call('GET', '/most')).body) <= 1024)
    t.true(await isGood())
  })
}
