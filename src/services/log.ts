/** Structured logs: JSON lines, or readable ones on a terminal; credentials never get in. */

import type { Logger } from 'pino'

export type Log = Pick<Logger, 'info' | 'warn' | 'error' | 'debug' | 'child'>
