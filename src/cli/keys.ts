/** `portcullis keys`: the keys that this server signs tokens with, and those that accounts are sealed with. */

import { defineCommand, UsageFault } from './command.ts'
import { deskOptions } from './desk-options.ts'

const actions = ['list', 'rotate', 'revoke'] as const

export const keys = defineCommand({
  operands: [actions.join('|'), '[kid]'],
  example: 'portcullis keys rotate --policies ./policies',
  options: {
    ...deskOptions,
    issuer: { type: 'string', value: 'NAME', description: 'Whose keys, where several issuers have `refreshTtl`.' },
    now: { type: 'boolean', description: 'Rotates though caches may not have the next key yet.' },
    fields: { type: 'boolean', description: 'Seals all accounts anew with the first of the field keys.' },
  },
  exits: {
    0: 'it is done',
    1: 'the key is unknown, it is too early, a value cannot be opened, or the policies have errors',
    2: 'wrong usage, no such issuer, or the policy directory cannot be read',
    3: 'the database, a secret or a key cannot be opened',
  },
  async run({ operands: [written = '', kid], flags }) {
    const action = actions.find((known) => known === written)
    if (action === undefined) throw new UsageFault(`expected one of ${actions.join(', ')}, got \`${written}\``)
    if (action === 'revoke' && !kid) throw new UsageFault('expected a key after `revoke`, as `keys list` names it')
    if (action !== 'revoke' && kid !== undefined) throw new UsageFault(`expected no key after \`${action}\``)
    const stray = (['now', 'fields'] as const).find((name) => flags[name] && action !== 'rotate')
    if (stray !== undefined) throw new UsageFault(`expected \`--${stray}\` with \`rotate\` alone`)
    if (flags.now && flags.fields) throw new UsageFault('expected one of `--now` and `--fields`')
    if (flags.fields) return (await import('./keys/rotate-fields.ts')).rotateFields(flags)
    return (await import('./keys/act.ts')).act(action, kid ?? '', flags)
  },
})
