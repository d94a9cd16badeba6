/** Reads a password: from a terminal without showing it, or the first line of standard input. */

import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { printable } from '../printable.ts'

/** More than a password can be. */
const most = 4_096

export async function askPassword(username: string): Promise<string> {
  return process.stdin.isTTY ? prompt(`Password of ${printable(username)}: `) : readLine()
}

/** What is typed is echoed to nowhere. */
async function prompt(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  process.stderr.write(question)
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    process.stderr.write('\n')
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
