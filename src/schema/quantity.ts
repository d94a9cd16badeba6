/** Durations and sizes as policies write them. */

import { durationPattern, sizePattern } from '../core/duration.ts'
import { string } from './builder.ts'

export const duration = (description: string, example = '30s') =>
  string({ pattern: durationPattern, title: 'a duration', examples: [example], description })

export const size = (description: string, example = '100kb') =>
  string({ pattern: sizePattern, title: 'a size', examples: [example], description })
