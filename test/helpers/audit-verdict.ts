/** Verifies a folder of logs in this process. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { findHeads } from '../../src/services/audit/note.ts'
import { readPublicKeys } from '../../src/tools/audit/head-keys.ts'
import { type LogReport, statusOf } from '../../src/tools/audit/report.ts'
import { verifyLogs } from '../../src/tools/audit/verify.ts'

export interface Known {
  readonly heads?: readonly string[]
  readonly vkeys?: readonly string[]
}

export interface Verdict {
  readonly status: number
  readonly logs: readonly LogReport[]
  /** The first thing said: file and line without the folder, record, what is wrong. */
  readonly said: string
}

export async function verdictOf(dir: string, { heads = [], vkeys = [] }: Known = {}): Promise<Verdict> {
  const given = findHeads(heads.join('\n')).map((head) => ({ head, from: 'published' }))
  const { logs } = await verifyLogs(dir, { heads: given, keys: readPublicKeys(vkeys) })
  const first = logs.find(({ verdict }) => verdict === 'tampered') ?? logs[0]
  const { file = '', line } = first?.place ?? {}
  const where = [file.split('/').at(-1), line].filter(Boolean).join(':')
  return { status: statusOf(logs), logs, said: `${where}: ${first?.reason}` }
}

/** A folder of its own for one test, gone after it. */
export function tempFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-audit-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
