/** What judges a whole body, once its bytes are there. */

import type { Denial } from '../../core/denial.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Judgement } from './judgement.ts'

/** A body that cannot be read is a denial. */
export type JudgeBytes = (exchange: Exchange, bytes: Buffer) => Judgement | Denial
