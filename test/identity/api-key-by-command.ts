/** An API key that a command makes, and what servers answer to it. */

import type { Served } from '../helpers/command.ts'
import type { Pair } from './pair.ts'

export interface KeyByCommand {
  readonly id: string
  readonly text: string
  /** Of a call with it. */
  statusOf(node: Served): Promise<number>
}

export async function addApiKey({ run }: Pick<Pair, 'run'>, user: string): Promise<KeyByCommand> {
  const { stdout, stderr } = await run(['api-keys', 'add', user, '--scopes', 'orders:read', '--policies', '.'])
  const [text, id] = [stdout.trim(), /`([0-9A-Za-z]{16})`/.exec(stderr)?.[1] ?? '']
  const headers = { 'X-API-Key': text }
  return { id, text, statusOf: async ({ url }) => (await fetch(`${url}/programs`, { headers })).status }
}
