/** What is measured: which servers, under which load, with which answers. */

import { join } from 'node:path'
import { secret } from './agreed.ts'
import { checkAllowed, checkLimit, checkPolicy } from './answers.ts'
import type { Load } from './load.ts'
import { badOrders } from './orders.ts'
import { here } from './peer.ts'
import {
  haproxy,
  nginx,
  node,
  oneCallAnHour,
  type ProgramFor,
  policyVariant,
  portcullis,
  type Stage,
  writeRoutes,
} from './programs.ts'
import { forge, forgedTail, sign } from './tokens.ts'

export type Table = 'seen' | 'new' | 'refused' | 'proxy' | 'audit'

export interface Contender {
  readonly id: string
  readonly name: string
  readonly table: Table
  readonly program: ProgramFor
  readonly load: Load
  /** Throws where an answer is not the agreed one. */
  readonly check: (url: string) => Promise<unknown>
}

type Server = Pick<Contender, 'id' | 'name' | 'program' | 'check'>

const seen = (server: Server): Contender => ({ ...server, table: 'seen', load: {} })

const everyTokenNew = (server: Server, file: string): Contender => ({
  ...server,
  id: `${server.id}-new`,
  table: 'new',
  load: { tokens: { file } },
})

const proxy = (server: Server): Contender => ({ ...server, table: 'proxy', load: {} })

const refusing = (server: Server, status: number, load: Load): Contender => ({
  ...server,
  id: `${server.id}-${status}`,
  name: `${server.name}, ${status}`,
  table: 'refused',
  load: { ...load, expectsRefusal: true },
})

/** The policy by itself: what each server makes of the same route. */
function policyContenders(stage: Stage): readonly Contender[] {
  const check = checkPolicy
  const koa = { id: 'koa', name: 'hand-written Koa stack', program: node('koa-flexible.js'), check }
  const fastify = { id: 'fastify', name: 'Fastify 5 stack', program: node('fastify.js'), check }
  const ours = { id: 'portcullis', name: 'Portcullis', program: portcullis(here('policies')), check }
  const raw = { id: 'raw-policy', name: 'raw `node:http`, the policy by hand', program: node('raw-policy.ts'), check }
  return [
    seen(koa),
    seen({ id: 'koa-bottleneck', name: 'the same, bottleneck', program: node('koa-bottleneck.js'), check }),
    seen({ id: 'express', name: 'Express 5 stack', program: node('express-stack.js'), check }),
    seen({ id: 'hono', name: 'Hono stack', program: node('hono-stack.js'), check }),
    seen({ id: 'nest', name: 'Nest stack', program: node('nest-stack.js'), check }),
    seen(fastify),
    seen({ id: 'fastify-cache', name: 'the same, its token cache on', program: node('fastify-cache.js'), check }),
    seen(ours),
    seen({ id: 'library', name: 'Portcullis in a Koa app + router', program: library(stage), check }),
    seen({ ...ours, id: 'portcullis-many', name: 'Portcullis among 10,000 routes', program: manyRoutes(stage) }),
    seen({ ...ours, id: 'portcullis-redis', name: 'Portcullis, its limit in Redis', program: sharedLimit(stage) }),
    seen({ id: 'bare-koa', name: 'bare Koa + router, no policy', program: node('bare-koa.ts'), check: checkAllowed }),
    seen(raw),
    seen({ id: 'raw', name: 'raw `node:http`, nothing', program: node('raw.ts'), check: checkAllowed }),
    ...[koa, fastify, ours, raw].map((server) => everyTokenNew(server, stage.tokens)),
    ...refusals(koa, { spent: node('koa-flexible.js', oneCallAnHour), tokens: stage.tokens }),
    ...refusals(ours, { spent: portcullis(policyVariant(stage.folder, spentWords)), tokens: stage.tokens }),
  ]
}

/** The limit is spent after one call, whatever else a request brings. */
function refusals(server: Server, { spent, tokens }: { spent: ProgramFor; tokens: string }): readonly Contender[] {
  const spentServer = { ...server, program: spent, check: checkLimit }
  const everyForgeryNew = { tokens: { file: tokens, tail: forgedTail } }
  return [
    refusing(server, 401, { token: forge(sign()) }),
    {
      ...refusing(server, 401, everyForgeryNew),
      id: `${server.id}-401-new`,
      name: `${server.name}, 401, every forgery new`,
    },
    refusing(server, 422, { body: badOrders[0] ?? '' }),
    refusing(spentServer, 429, {}),
  ]
}

function library({ folder }: Stage): ProgramFor {
  const directory = policyVariant(folder, { 'handler: ./handler.ts#create': 'handler: next' })
  return node('portcullis-library.ts', { BENCH_POLICIES: directory, BENCH_SECRET: secret })
}

function manyRoutes({ folder }: Stage): ProgramFor {
  const directory = policyVariant(folder, { 'service: orders': 'service: one-of-many' })
  writeRoutes(join(directory, 'others'), 10_000)
  return portcullis(directory)
}

function sharedLimit({ folder, redis }: Stage): ProgramFor {
  const state = `state: redis://127.0.0.1:${redis.port}, audit: off`
  return portcullis(policyVariant(folder, { 'audit: off': state }))
}

/** What the policy says in place of its limit where that is to be spent after one call. */
export const spentWords = { 'limit: 100000000, per: 1m': 'limit: 1, per: 1h' }

/** Proxies in front of one upstream, two of them with the whole policy. */
function proxyContenders(stage: Stage): readonly Contender[] {
  const env = { BENCH_UPSTREAM: stage.upstream }
  const passing = { check: checkAllowed }
  const directory = policyVariant(stage.folder, { 'handler: ./handler.ts#create': "upstream: '${env:BENCH_UPSTREAM}'" })
  return [
    proxy({ id: 'nginx', name: 'nginx', program: nginx('nginx.conf', stage), ...passing }),
    proxy({ id: 'haproxy', name: 'HAProxy', program: haproxy(stage), ...passing }),
    proxy({ id: 'undici-stream', name: 'undici stream', program: node('undici-stream.ts', env), ...passing }),
    proxy({
      id: 'portcullis-proxy',
      name: 'Portcullis, the whole policy',
      program: portcullis(directory, stage.upstream),
      check: checkPolicy,
    }),
    proxy({
      id: 'fastify-proxy',
      name: 'Fastify stack + @fastify/reply-from, the whole policy',
      program: node('fastify-proxy.js', env),
      check: checkPolicy,
    }),
    proxy({ id: 'http-proxy-3', name: 'http-proxy-3', program: node('http-proxy-3.js', env), ...passing }),
    proxy({
      id: 'http-proxy-middleware',
      name: 'http-proxy-middleware',
      program: node('http-proxy-middleware.js', env),
      ...passing,
    }),
  ]
}

/** The same route, with every request put on record in each way that there is. */
function auditContenders({ folder }: Stage): readonly Contender[] {
  const route = 'handler: ./handler.ts#create'
  const recording = (
    id: string,
    name: string,
    { fsync, required }: { fsync: string; required: boolean },
  ): Contender => {
    const dir = join(folder, `records-${id}`)
    const words = {
      'audit: off': `audit: { dir: ${dir}, fsync: ${fsync} }`,
      ...(required && { [route]: `audit: { required: true }\n    ${route}` }),
    }
    return { id, name, table: 'audit', program: portcullis(policyVariant(folder, words)), load: {}, check: checkPolicy }
  }
  return [
    { ...auditOff, program: portcullis(here('policies')) },
    recording('audit-os', 'recorded, `fsync: os`', { fsync: 'os', required: false }),
    recording('audit-batch', 'recorded, `fsync: batch`', { fsync: 'batch', required: false }),
    recording('audit-required', '`required`, `fsync: batch`', { fsync: 'batch', required: true }),
    recording('audit-required-always', '`required`, `fsync: always`', { fsync: 'always', required: true }),
  ]
}

const auditOff = { id: 'audit-off', name: 'no record', table: 'audit', load: {}, check: checkPolicy } as const

export const allContenders = (stage: Stage): readonly Contender[] => [
  ...policyContenders(stage),
  ...proxyContenders(stage),
  ...auditContenders(stage),
]
