/** Makes audit logs on disk without the writer: at once, to the byte as told, and also as no honest writer would. */

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Chain } from '../../src/services/audit/chain.ts'
import { originOf, signHead, vkeyOf } from '../../src/services/audit/note.ts'

export const newKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey

const stem = (number: number): string => String(number).padStart(8, '0')

export class AuditMaker {
  readonly folder: string
  readonly key: KeyObject
  readonly vkey: string
  /** What was published, in order. */
  readonly heads: string[] = []
  #chain: Chain
  #segment = 0
  #time = Date.parse('2026-11-25T03:10:16.123Z')
  #closed: { number: number; end: number; root: string }[] = []

  /** Begins a log. */
  constructor(dir: string, id = 'node-0123abcd', key: KeyObject = newKey()) {
    this.folder = join(dir, id)
    this.key = key
    this.vkey = vkeyOf(originOf(id), createPublicKey(key))
    this.#chain = new Chain(id)
    this.#time += Number.parseInt(id.slice(-8), 16) % 1000
    mkdirSync(this.folder, { recursive: true })
    this.#begin('created')
    writeFileSync(join(this.folder, 'key.pub'), `${this.vkey}\n`)
    this.add('audit.started')
  }

  get size(): number {
    return this.#chain.size
  }

  get segment(): number {
    return this.#segment
  }

  path(kind = 'jsonl', number = this.#segment): string {
    return join(this.folder, `${stem(number)}.${kind}`)
  }

  /** Adds a record. */
  add(event: string, members: Readonly<Record<string, unknown>> = { outcome: 'done' }): void {
    const line = this.line(event, members)
    appendFileSync(this.path(), `${line}\n`)
    this.#chain.push(line)
  }

  /** What the next record would be. */
  line(event: string, members: Readonly<Record<string, unknown>>): string {
    this.#time += 1000
    const time = new Date(this.#time).toISOString()
    return `${this.#chain.prefix}${JSON.stringify({ time, event, ...members }).slice(1)}`
  }

  /** Adds some records of a route. */
  fill(count: number): void {
    for (let index = 0; index < count; index++)
      this.add('data.read', { outcome: 'allowed', principal: { issuer: 'shop', id: `u${this.size % 3}` }, status: 200 })
  }

  /** Signs a head, stores it and publishes it. */
  head(): string {
    const { log, size } = this.#chain
    const head = signHead({ origin: originOf(log), size, root: this.#chain.root() }, this.key)
    appendFileSync(this.path('heads'), `${head}\n`)
    this.heads.push(head)
    return head
  }

  /** Signs a head where there are new records. */
  sign(): void {
    if (!this.heads.at(-1)?.includes(`\n${this.size}\n`)) this.head()
  }

  rotate(): void {
    this.sign()
    this.#closed.push({ number: this.#segment, end: this.size, root: this.#chain.root() })
    this.#begin('rotated')
  }

  /** Packs a closed segment. */
  pack(number: number, { leavePlain = false } = {}): void {
    writeFileSync(this.path('jsonl.gz', number), gzipSync(readFileSync(this.path('jsonl', number))))
    if (!leavePlain) rmSync(this.path('jsonl', number))
  }

  /** Records that all segments up to this one are removed, and signs it. */
  recordRemoval(through: number): void {
    const closed = this.#closed.find(({ number }) => number === through)
    if (closed === undefined) throw new RangeError('only closed segments are removed')
    const { end, root } = closed
    this.add('audit.removed', {
      outcome: 'done',
      through: end,
      root,
      segments: [1, through],
      olderThan: '2026-11-01T00:00:00.000Z',
    })
    this.head()
  }

  /** Removes the files of segments, first to last. */
  drop(first: number, last = first): void {
    for (let number = first; number <= last; number++)
      for (const kind of ['jsonl', 'jsonl.gz', 'heads']) rmSync(this.path(kind, number), { force: true })
  }

  #begin(why: string): void {
    const { size, peaks } = this.#chain.state
    this.#segment++
    this.add('audit.segment', { outcome: 'done', segment: this.#segment, why, tree: { size, peaks }, key: this.vkey })
  }
}
