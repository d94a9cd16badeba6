/** The log of a command: warnings and errors as people read them, on standard error. */

import type { Log } from '../services/log.ts'

const nothing = (): void => {}
const speak = (_: unknown, message?: string): void => void process.stderr.write(`portcullis: ${message}\n`)

export const spoken = { debug: nothing, info: nothing, warn: speak, error: speak } as Log
