/** Any policy before requests near its rules: the compiled one and the model have to agree on every one of them. */

import fc from 'fast-check'
import { type ReadAnswer, readAnswers } from '../answers.ts'
import { sendPieces } from '../connection.ts'
import { policies } from './any-policy.ts'
import { askedOf, type Choice, plain, requests, writeAsked } from './any-request.ts'
import { differences } from './judge.ts'
import { Model } from './model/decide.ts'
import type { Asked } from './model/request.ts'
import { resolve } from './model/resolve.ts'
import type { Policy } from './policy.ts'
import type { Opened, Rig } from './rig.ts'

/** One policy, and what is asked of it in this order. */
export interface Sample {
  readonly policy: Policy
  readonly choices: readonly Partial<Choice>[]
}

/** Samples of at most so many requests. */
export const samples = (most: number): fc.Arbitrary<Sample> =>
  fc.record({ choices: fc.array(requests, { minLength: 1, maxLength: most, size: 'max' }), policy: policies })

/** How often what was run. */
export interface Tally {
  policies: number
  requests: number
  /** Those that reached the destination. */
  passed: number
  /** Rule → how often `check` refused a generated policy by it. */
  readonly refused: Map<string, number>
  /** Code → how often it was the answer, and right. */
  readonly codes: Map<string, number>
}

export const newTally = (): Tally => ({ policies: 0, requests: 0, passed: 0, refused: new Map(), codes: new Map() })
const count = (map: Map<string, number>, name: string) => void map.set(name, (map.get(name) ?? 0) + 1)

/** What is wrong with one sample, in words; undefined where all is as the model says, or where `check` refuses the policy. */
export async function tryPolicy(rig: Rig, { policy, choices }: Sample, tally: Tally): Promise<string | undefined> {
  const opened = await rig.open(policy)
  if (!('port' in opened)) {
    for (const finding of opened) count(tally.refused, finding)
    return undefined
  }
  tally.policies++
  const model = new Model(policy, rig.base.accounts)
  try {
    for (const [index, choice] of choices.entries()) {
      const fault = await tryRequest({ rig, opened, model, tally }, policy, choice)
      if (fault !== undefined) return `${fault}\nrequest ${index + 1} of ${choices.length}`
    }
    return undefined
  } finally {
    await opened.close()
  }
}

interface Trial {
  readonly rig: Rig
  readonly opened: Opened
  readonly model: Model
  readonly tally: Tally
}

async function tryRequest(
  { rig, opened, model, tally }: Trial,
  policy: Policy,
  given: Partial<Choice>,
): Promise<string | undefined> {
  const choice = { ...plain, ...given }
  const asked = askedOf(choice, resolve(policy), rig.base.accounts)
  opened.clock.pass(choice.pause)
  const verdict = model.decide(asked, opened.clock.now())
  const { arrived } = rig.destination
  arrived.length = 0
  const answer = await send(opened.port, asked, choice.body === 'chunked')
  if (answer === undefined) return `no answer to ${shown(asked)}`
  tally.requests++
  if (verdict.passed) tally.passed++
  count(tally.codes, verdict.code ?? (verdict.passed ? 'passed' : 'answered'))
  const found = [
    ...differences({ asked, answer, arrived, verdict, secrets: secretsOf(rig) }),
    ...opened.faults.map((fault) => `logged ${JSON.stringify(fault)}`),
  ]
  return found.length === 0 ? undefined : `${found.join('; ')}\n${shown(asked)}`
}

const secretsOf = ({ base: { accounts } }: Rig): readonly string[] => [accounts.apiKey.text, accounts.session.text]

const shown = (asked: Asked): string => JSON.stringify(writeAsked(asked, false).toString('latin1'))

async function send(port: number, asked: Asked, isChunked: boolean): Promise<ReadAnswer | undefined> {
  const read = (bytes: Buffer) => readAnswers(bytes, () => asked.method === 'HEAD').answers
  const pieces = [writeAsked(asked, isChunked)]
  const bytes = await sendPieces(port, { pieces, isDone: (received) => read(received).length > 0, patience: 20_000 })
  return read(bytes)[0]
}

/** What is wrong, without what differs from sample to sample. */
export const kindOf = (fault: string): string => (fault.split('\n')[0] ?? '').replace(/[/?].*|\d{5,}/g, '').slice(0, 60)
