/** `portcullis tokens`: takes tokens back before they expire, on every server. */

import { readDuration } from '../core/duration.ts'
import { defineCommand, text, UsageFault } from './command.ts'
import { deskOptions } from './desk-options.ts'

export const tokens = defineCommand({
  operands: ['revoke'],
  excess: 'expected `--user NAME`, `--session ID` or `--token JTI` after `revoke`',
  example: 'portcullis tokens revoke --user alice',
  options: {
    user: {
      type: 'string',
      value: 'NAME',
      description: 'All tokens and sessions of this account; of another issuer, the id of its user.',
    },
    'api-keys': { type: 'boolean', description: 'With `--user`: all API keys of the account, too.' },
    session: { type: 'string', value: 'ID', description: 'The session, and all its tokens.' },
    token: { type: 'string', value: 'JTI', description: 'One access token, by its `jti`.' },
    issuer: { type: 'string', value: 'NAME', description: 'Whose tokens; those of the accounts unless told.' },
    for: {
      type: 'string',
      value: '1h',
      description:
        'How long it is remembered; as long as the keys that sign now, or 30d of another issuer, unless told.',
    },
    ...deskOptions,
  },
  exits: {
    0: 'the tokens are revoked',
    1: 'the account is unknown, nothing carries it to the servers, or the policies have errors',
    2: 'wrong usage, or the policy directory cannot be read',
    3: 'the database, a secret or the admin listener cannot be reached',
  },
  async run({ operands: [action = ''], flags }) {
    if (action !== 'revoke') throw new UsageFault(`expected \`revoke\`, got \`${action}\``)
    const given = kinds.filter((kind) => flags[kind] !== undefined)
    const [kind] = given
    if (kind === undefined || given.length > 1)
      throw new UsageFault('expected one of `--user`, `--session` and `--token`')
    const id = text(flags[kind])
    if (!id) throw new UsageFault(`expected a value after \`--${kind}\``)
    if (flags['api-keys'] && kind !== 'user') throw new UsageFault('expected `--api-keys` with `--user` alone')
    const wish = {
      kind,
      id,
      apiKeys: flags['api-keys'] === true,
      issuer: text(flags.issuer),
      memory: readMemory(text(flags.for)),
    }
    return (await import('./tokens/revoke.ts')).revokeTokens(wish, flags)
  },
})

const kinds = ['user', 'session', 'token'] as const

const longestMemory = 3_653 * 86_400_000

/** Milliseconds. */
function readMemory(written: string | undefined): number | undefined {
  if (written === undefined) return undefined
  const memory = readOptional(written)
  if (memory !== undefined && memory <= longestMemory) return memory
  throw new UsageFault(`expected \`--for\` to be a duration such as \`1h\`, of ten years at most, got \`${written}\``)
}

function readOptional(written: string): number | undefined {
  try {
    return readDuration(written)
  } catch {
    return undefined
  }
}
