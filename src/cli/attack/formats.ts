/** The result of an attack, for people and for programs. */

import type { Report } from '../../tools/attack/run.ts'
import type { Paint } from '../paint.ts'
import { reportJson } from './json.ts'
import { reportJunit } from './junit.ts'
import { reportText } from './text.ts'

export interface Surroundings {
  readonly url: string
  readonly paint: Paint
}

export const formats: Readonly<Record<string, (report: Report, surroundings: Surroundings) => string>> = {
  text: reportText,
  json: reportJson,
  junit: reportJunit,
}
