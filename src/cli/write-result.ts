/** Where the result of a command goes: to a file that was named, or to standard output. */

import { writeFileSync } from 'node:fs'
import { StartFault } from '../core/start-fault.ts'
import { reasonOf } from '../policy/read-source.ts'

/** Throws `StartFault` where the file cannot be written. */
export function writeResult(written: string, file: string | undefined): void {
  if (file === undefined) process.stdout.write(written)
  else writeTo(file, written)
}

function writeTo(file: string, written: string): void {
  try {
    writeFileSync(file, written)
  } catch (error) {
    throw new StartFault(`cannot write \`${file}\`: ${reasonOf(error)}`)
  }
}
