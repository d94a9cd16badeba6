/** Durations and sizes as policies write them. */

import { durationPattern, readDuration, sizePattern } from '../core/duration.ts'
import { string } from './builder.ts'

export const duration = (description: string, example = '30s') =>
  string({ pattern: durationPattern, title: 'a duration', examples: [example], description })

export const size = (description: string, example = '100kb') =>
  string({ pattern: sizePattern, title: 'a size', examples: [example], description })

const none = '0s'

/** A duration that may be nothing. */
export const durationOrNone = (description: string, example = '30s') =>
  string({ pattern: `^${none}$|${durationPattern}`, title: 'a duration', examples: [example, none], description })

/** Milliseconds; throws as `readDuration` does. */
export const readDurationOrNone = (text: string): number => (text === none ? 0 : readDuration(text))
