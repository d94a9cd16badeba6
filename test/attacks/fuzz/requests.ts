/** Any bytes before the citadel: well-formed answers of the catalogue, a process that lives, nothing past the model. */

import { setTimeout as delay } from 'node:timers/promises'
import { catalogue } from '../../../src/core/denial.ts'
import { type ReadAnswer, readAnswers } from '../answers.ts'
import { cutAt } from '../connection.ts'
import type { Arrived } from '../destination.ts'
import { citadel } from './citadel.ts'
import { addresses, converse, type Said } from './converse.ts'
import { fillIn } from './escape.ts'
import { differences, differencesOfArrival } from './judge.ts'
import { sessionCookie } from './model/authenticate.ts'
import { Model } from './model/decide.ts'
import { type Read, readRequests } from './model/read-requests.ts'
import type { Asked } from './model/request.ts'
import type { Served } from './serve-child.ts'

/** What is sent over one connection; names stand for credentials. */
export interface Sent {
  readonly text: string
  /** Where it is cut into pieces, each from 0 to 1. */
  readonly cuts: readonly number[]
  /** The client goes away at once, and reads nothing. */
  readonly aborts: boolean
}

interface Answers {
  readonly answers: readonly ReadAnswer[]
  /** What is left of one that is not whole. */
  readonly rest: Buffer
}

/**
 * The answers as a strict client reads them, which knows of each request whether it was HEAD; where it is in doubt what the
 * server took for a request, any reading will do that leaves nothing over.
 */
function readAll(bytes: Buffer, read: Read): Answers {
  const attempts = [false, true].flatMap((unknown) => [
    attemptAll(bytes, read, unknown),
    attemptAll(bytes, undefined, unknown),
  ])
  const readings = attempts.filter((attempt): attempt is Answers => !(attempt instanceof Error))
  const [best = attempts[0]] = [...readings.filter(({ rest }) => rest.length === 0), ...readings]
  if (best === undefined || best instanceof Error) throw best
  return best
}

function attemptAll(bytes: Buffer, read: Read | undefined, unknown: boolean): Answers | Error {
  let index = 0
  const isHead = () => {
    const asked = read?.requests[index++]
    return asked === undefined ? unknown : asked.method === 'HEAD'
  }
  try {
    return readAnswers(bytes, isHead)
  } catch (error) {
    return error as Error
  }
}

/** What holds of every answer, whatever was asked. */
function ofAnswer({ status, headers, body }: ReadAnswer): string[] {
  const one = (name: string) => headers.get(name)?.[0]
  const found: string[] = []
  if (headers.get('x-request-id')?.length !== 1) found.push('no request id')
  if (one('x-content-type-options') !== 'nosniff') found.push('nosniff is missing')
  if (one('x-destination') !== undefined || status < 400 || body.length === 0) return found
  if (!/^application\/(problem\+)?json$/.test(one('content-type') ?? '')) return [...found, 'a refusal that is no JSON']
  const { code, type = '', message, requestId, detail = message } = JSON.parse(body.toString())
  const name = code ?? type.replace('urn:portcullis:', '')
  if (catalogue[name as keyof typeof catalogue]?.status !== status)
    found.push(`${status} ${name} is not of the catalogue`)
  if (name === 'internal_error') found.push('internal_error')
  if (requestId !== one('x-request-id')) found.push('another request id in the body')
  if (/\bat .*\.[jt]s|node:|Error\b|undefined/.test(detail)) found.push(`tells what is its own: ${detail}`)
  return found
}

/** What arrived that no request of the connection, read strictly, accounts for. */
function ofArrivals(arrived: readonly Arrived[], { requests }: Read, model: Model): string[] {
  const left = requests.map((asked) => ({ asked, verdict: model.decide(asked, Date.now()) }))
  return arrived.flatMap((request) => {
    const at = left.findIndex(
      ({ asked, verdict }) => verdict.passed && differencesOfArrival(asked, request, verdict.passed).length === 0,
    )
    if (at !== -1) {
      left.splice(at, 1)
      return []
    }
    return [
      `arrived, and nothing that was asked accounts for it: ${JSON.stringify({ ...request, body: request.body.toString('latin1') })}`,
    ]
  })
}

/** One plain request is judged in every respect. */
function ofOnly(read: Read, answers: readonly ReadAnswer[], { arrived, model, served }: Judged): string[] {
  const [[asked, ...others], [answer]] = [read.requests, answers]
  if (!read.isPlain || asked === undefined || others.length > 0 || answer === undefined) return []
  if (/^(https?:\/\/[^/]*)?\/(beyond|%62)/i.test(asked.target) || headLength(asked) > 6000) return []
  const { apiKey, session } = served.base.accounts
  const secrets = isAstray(asked, session.text) ? [apiKey.text] : [apiKey.text, session.text]
  return [...differences({ asked, answer, arrived, verdict: model.decide(asked, Date.now()), secrets })]
}

/** A session is known by the name of its cookie: what a client writes elsewhere is its own word, and goes up. */
function isAstray({ headers }: Asked, session: string): boolean {
  const own = new RegExp(`(?<![^;\\s])${sessionCookie}=${session}(?![^;\\s])`, 'g')
  return headers.some(([name, value]) =>
    (name.toLowerCase() === 'cookie' ? value.replace(own, '') : value).includes(session),
  )
}

const headLength = ({ target, headers }: Asked): number =>
  headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, target.length)

interface Judged {
  readonly arrived: readonly Arrived[]
  readonly model: Model
  readonly served: Served
}

export const newModel = ({ base }: Served): Model => new Model(citadel, base.accounts)

/** A server of 16 connections at a time needs a third of it. */
const mostMegabytes = 700
let tried = 0

/** What is wrong with what came of it, in words; several may be tried at once. */
export async function trySent(served: Served, model: Model, { text, cuts, aborts }: Sent): Promise<string | undefined> {
  const bytes = Buffer.from(fillIn(text, served.base.accounts), 'latin1')
  const peer = addresses.next().value
  const read = readRequests(bytes, peer)
  const isDone = (received: Buffer) => read.isPlain && countOf(received, read) >= read.requests.length
  const said = await converse({
    port: served.port,
    peer,
    pieces: cutAt(bytes, cuts),
    aborts,
    isWhole: read.isPlain,
    isDone,
  })
  if (aborts) await delay(50)
  const arrived = takeOwn(served.destination.arrived, peer)
  const faults = [...served.faults.splice(0), ...(served.isAlive() ? [] : ['the process is dead'])]
  if (++tried % 500 === 0 && served.isAlive() && served.memory() > mostMegabytes) faults.push('its memory grows')
  faults.push(...ofArrivals(arrived, read, model))
  if (said === undefined) faults.push('the server says nothing and does not close')
  else if (!aborts) faults.push(...ofSaid(said, read, { arrived, model, served }))
  return faults.length === 0 ? undefined : faults.join('; ')
}

/** Whole answers so far. */
function countOf(received: Buffer, read: Read): number {
  const attempt = attemptAll(received, read, false)
  return attempt instanceof Error ? 0 : attempt.answers.length
}

/** Takes out what came from an address. */
function takeOwn(arrived: Arrived[], peer: string): readonly Arrived[] {
  const own = arrived.filter(({ headers }) => headers['x-forwarded-for'] === peer)
  for (const request of own) arrived.splice(arrived.indexOf(request), 1)
  return own
}

/** How many answers there have to be: one for each plain request, unless one of them was the connection's last. */
function tooFew(answers: readonly ReadAnswer[], { requests, isPlain }: Read): string[] {
  const isLast = answers.at(-1)?.headers.get('connection')?.[0]?.toLowerCase() === 'close'
  if (!isPlain || isLast || answers.length === requests.length) return []
  return [`${answers.length} answers to ${requests.length} requests`]
}

function ofSaid({ bytes, hungUp }: Said, read: Read, judged: Judged): string[] {
  try {
    const { answers, rest } = readAll(bytes, read)
    // Who hangs up is told no more.
    const cut = rest.length > 0 && !hungUp ? [`an answer is cut: ${rest.toString('latin1').slice(0, 300)}`] : []
    return [...cut, ...tooFew(answers, read), ...answers.flatMap(ofAnswer), ...ofOnly(read, answers, judged)]
  } catch (error) {
    return [`no HTTP: ${error instanceof Error ? error.message : error}`]
  }
}

/** What is wrong, without what differs from sample to sample. */
export const kindOfSent = (fault: string): string => fault.replace(/[:/?].*|\d{5,}/gs, '').slice(0, 60)
