/** What a command says of what it did, or did not; gives its exit status. */

import { printable } from './printable.ts'

export function say(name: string, what: string): number {
  process.stdout.write(`\`${printable(name)}\` ${what}\n`)
  return 0
}

export function refuse(why: string): number {
  process.stderr.write(`portcullis: ${why}\n`)
  return 1
}
