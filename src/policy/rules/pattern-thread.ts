/** Asks the thread that judges patterns, and waits for its answer; the thread ends when nobody has asked for a while. */

import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Analysis, Line, Question } from './pattern-worker.ts'

const file = new URL(`./pattern-worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url)

/** Milliseconds: how long a thread may take to start on a busy machine, and how long one stays that nobody asks. */
const startTime = 20_000
const idleTime = 5_000

/** What it takes to find a program, and to run it. Secrets may be in any other variable. */
const harmless = /^(?:PATH|SYSTEMROOT|TEMP|TMP|TMPDIR|TZ|JAVA_HOME|RECHECK_\w+)$/i

const bareEnvironment = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => harmless.test(name)))

let thread: Line | undefined
let ending: NodeJS.Timeout | undefined

function start(): Line {
  const { port1: port, port2 } = new MessageChannel()
  const answered = new Int32Array(new SharedArrayBuffer(4))
  const workerData: Line = { port: port2, answered }
  const worker = new Worker(file, { workerData, transferList: [port2], env: bareEnvironment() })
  worker.on('error', () => {}).unref()
  return { port, answered }
}

/** The thread ends by itself once its program has. */
function end(): void {
  thread?.port.close()
  thread = undefined
}

/** Blocks until the answer is there; it is `unknown` where none comes in time. */
export function analysePattern(question: Question): Analysis {
  thread ??= start()
  const { port, answered } = thread
  const before = Atomics.load(answered, 0)
  port.postMessage(question)
  Atomics.wait(answered, 0, before, question.timeout + startTime)
  const answer = receiveMessageOnPort(port)?.message as Analysis | undefined
  if (answer === undefined) end()
  clearTimeout(ending)
  ending = setTimeout(end, idleTime).unref()
  return answer ?? { status: 'unknown' }
}
