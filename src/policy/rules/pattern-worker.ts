/** The thread that judges patterns: recheck and the program that it starts live here, without an environment that holds secrets. */

import { subscribe } from 'node:diagnostics_channel'
import { type MessagePort, workerData } from 'node:worker_threads'

export interface Question {
  readonly pattern: string
  /** Milliseconds. */
  readonly timeout: number
}

export interface Analysis {
  readonly status: 'safe' | 'vulnerable' | 'unknown'
  /** How the time grows, where it does so faster than the text. */
  readonly summary?: string
}

interface Judged extends Analysis {
  /** No text was found that takes long; nothing says that there is none. */
  readonly isTried: boolean
}

export interface Line {
  readonly port: MessagePort
  /** Grows by one with each answer; whoever asked sleeps on it. */
  readonly answered: Int32Array
}

const { port, answered } = workerData as Line

interface Program {
  ref(): void
  kill(): boolean
}

/** What recheck started here, and does not end. */
const programs = new Set<Program>()
subscribe('child_process', (started) => programs.add((started as { readonly process: Program }).process))

/** Milliseconds for the proof of what was only tried out. */
const proofTime = 2_500

async function judge({ pattern, timeout }: Question, checker: 'auto' | 'automaton'): Promise<Judged> {
  const { check } = await import('recheck')
  const found = await check(pattern, 'u', { timeout, checker })
  const isTried = found.status === 'safe' && found.checker === 'fuzz'
  return { status: found.status, isTried, ...(found.status === 'vulnerable' && { summary: found.complexity.summary }) }
}

/** The pattern without what looks ahead or back, of which nothing can be proved; itself where it holds none. */
async function withoutLookaround(pattern: string): Promise<string> {
  const { RegExpParser, visitRegExpAST } = await import('@eslint-community/regexpp')
  const kept = pattern.split('')
  visitRegExpAST(new RegExpParser().parsePattern(pattern, 0, pattern.length, { unicode: true }), {
    onAssertionEnter({ kind, start, end }) {
      if (kind === 'lookahead' || kind === 'lookbehind') kept.fill('', start, end)
    },
  })
  return kept.join('')
}

async function prove(question: Question): Promise<Judged> {
  const bounded = { ...question, timeout: Math.min(question.timeout, proofTime) }
  const proved = await judge(bounded, 'automaton')
  if (proved.status !== 'unknown') return proved
  const pattern = await withoutLookaround(question.pattern)
  return pattern === question.pattern ? proved : judge({ ...bounded, pattern }, 'automaton')
}

/** What has many repetitions is tried out with texts, some of which are never found: where a proof is to be had, it counts. */
async function analyse(question: Question): Promise<Analysis> {
  try {
    const tried = await judge(question, 'auto')
    if (!tried.isTried) return tried
    const proved = await prove(question)
    return proved.status === 'vulnerable' ? proved : tried
  } catch {
    return { status: 'unknown' }
  }
}

port.on('message', async (question: Question) => {
  port.postMessage(await analyse(question))
  Atomics.add(answered, 0, 1)
  Atomics.notify(answered, 0)
})

// A program whose end nobody waits for stays in the system's list of processes.
port.on('close', () => {
  for (const program of programs) {
    program.ref()
    program.kill()
  }
})
