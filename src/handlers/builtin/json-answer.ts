/** An answer in JSON that no cache keeps: what it says holds for this moment only. */

import type { Answer } from '../../core/answer.ts'

const headers = Object.freeze(['Content-Type', 'application/json; charset=utf-8', 'Cache-Control', 'no-store'])

export const jsonAnswer = (status: number, value: unknown): Answer =>
  Object.freeze({ status, headers, body: JSON.stringify(value) })
