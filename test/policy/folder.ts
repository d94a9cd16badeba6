/** A policy directory on disk for one test, and what is found in it. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { createApp } from '../../src/app.ts'
import type { Diagnostic } from '../../src/core/diagnostic.ts'
import { check } from '../../src/policy/check.ts'
import { diagnose } from '../../src/policy/inspect.ts'
import { load } from '../../src/policy/load.ts'
import { parse } from '../../src/policy/parse.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'

/** Name → text; below a new folder that is gone after the test. */
export function folderOf(t: ExecutionContext, files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return folder
}

/** A values file as the command line reads it. */
export const valuesOf = (text: string) => ({ file: 'values.yaml', folder: '/', text })

/** The policy of one file, and everything that is found in it. */
export function policyOf(t: ExecutionContext, text: string, values?: string): Policy {
  const { policy, diagnostics } = parse(load(folderOf(t, { 'shop.yaml': text })), values ? valuesOf(values) : undefined)
  t.deepEqual([...diagnostics, ...check(policy)].filter(({ severity }) => severity === 'error').map(briefly), [])
  return policy
}

/** `line:column rule` of every finding in one file. */
export const findingsOf = (t: ExecutionContext, text: string, values?: string): readonly string[] =>
  diagnose(folderOf(t, { 'shop.yaml': text }), values ? valuesOf(values) : undefined).map(briefly)

export const briefly = ({ line, column, rule }: Diagnostic): string => `${line}:${column} ${rule}`

/** The app of a folder, closed after the test. */
export async function appOf(t: ExecutionContext, folder: string) {
  const app = await createApp(folder, { world: createWorld(createLog({ pretty: false, level: 'error' })) })
  t.teardown(() => app.close())
  return app
}
