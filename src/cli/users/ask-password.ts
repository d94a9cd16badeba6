/** Reads a password: from a terminal without showing it, twice, or the first line of standard input. */

import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { printable } from '../printable.ts'

/** More than a password can be. */
const most = 4_096

/** None where somebody gave up, or did not type the same twice. */
export const askPassword = (username: string): Promise<string | undefined> =>
  process.stdin.isTTY ? askTwice(printable(username)) : readLine()

/** What is typed is echoed to nowhere; Ctrl-C and Ctrl-D end it. */
async function askTwice(username: string): Promise<string | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  const lines = terminal[Symbol.asyncIterator]()
  const ask = async (question: string): Promise<string | undefined> => {
    process.stderr.write(question)
    const { value, done } = await lines.next()
    process.stderr.write('\n')
    return done ? undefined : value
  }
  try {
    const typed = await ask(`Password of ${username}: `)
    return typed !== undefined && (await ask('The same again: ')) === typed ? typed : undefined
  } finally {
    terminal.close()
  }
}

async function readLine(): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk)
    length += chunk.length
    if (chunk.includes('\n') || length > most) break
  }
  return Buffer.concat(chunks).toString().split(/\r?\n/)[0] ?? ''
}
