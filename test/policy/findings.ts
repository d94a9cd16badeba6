/** What is found in the policies of the current folder, by `check` or at opening. */

import { existsSync } from 'node:fs'
import { createApp } from '../../src/app.ts'
import type { Diagnostic } from '../../src/core/diagnostic.ts'
import { PolicyRefused } from '../../src/policy/findings.ts'
import { diagnose } from '../../src/policy/inspect.ts'
import { readSource, Unreadable } from '../../src/policy/read-source.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'

type Environment = Readonly<Record<string, string>>

/** With variables, what opening says; else what `check` says, with `values.yaml` where there is one. */
export async function findingsOf(environment: Environment | undefined): Promise<readonly Diagnostic[]> {
  const values = existsSync('values.yaml') ? readSource('values.yaml') : undefined
  if (values instanceof Unreadable) throw new Error(values.message)
  return environment === undefined ? diagnose('policies', values) : openedWith(environment)
}

/** The variables are gone again after it. */
async function openedWith(environment: Environment): Promise<readonly Diagnostic[]> {
  Object.assign(process.env, environment)
  try {
    const app = await createApp('policies', { world: createWorld(createLog({ pretty: false, level: 'error' })) })
    await app.close()
    return app.warnings
  } catch (error) {
    if (error instanceof PolicyRefused) return error.diagnostics
    throw error
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name]
  }
}
