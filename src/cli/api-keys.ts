/** `portcullis api-keys`: the keys by which programs call in the name of an account. */

import { defineCommand, UsageFault } from './command.ts'
import { deskOptions } from './desk-options.ts'

const actions = ['add', 'list', 'revoke'] as const

export const apiKeys = defineCommand({
  operands: [actions.join('|'), '[user|id]'],
  example: 'portcullis api-keys add alice --scopes orders:read --name ci',
  options: {
    ...deskOptions,
    scopes: { type: 'string', value: 'A,B', description: 'What a new key is good for, of what its account may do.' },
    expires: {
      type: 'string',
      value: '90d',
      description: 'How long a new key lives, or `never`; 90d unless told.',
    },
    name: { type: 'string', value: 'NAME', description: 'What a new key is called in lists.' },
  },
  exits: {
    0: 'it is done',
    1: 'the account or the key is unknown, its account has no such scope, or the policies have errors',
    2: 'wrong usage, or the policy directory cannot be read',
    3: 'the database, a secret or a key cannot be opened',
  },
  async run({ operands: [written = '', operand], flags }) {
    const action = actions.find((known) => known === written)
    if (action === undefined) throw new UsageFault(`expected one of ${actions.join(', ')}, got \`${written}\``)
    if (action === 'add' && !operand) throw new UsageFault('expected the name of an account after `add`')
    if (action === 'revoke' && !operand)
      throw new UsageFault('expected a key after `revoke`, as `api-keys list` names it')
    const stray = (['scopes', 'expires', 'name'] as const).find((name) => flags[name] !== undefined && action !== 'add')
    if (stray !== undefined) throw new UsageFault(`expected \`--${stray}\` with \`add\` alone`)
    return (await import('./api-keys/act.ts')).act(action, operand, flags)
  },
})
