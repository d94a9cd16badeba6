/** `portcullis users`: the accounts that log in, and what becomes of them. */

import { defineCommand, UsageFault } from './command.ts'
import { deskOptions } from './desk-options.ts'

const actions = ['add', 'import', 'list', 'password', 'disable', 'enable', 'unlock'] as const

export const users = defineCommand({
  operands: [actions.join('|'), '[name|file]'],
  excess:
    'expected nothing after the name: a password is asked for, or read from standard input; in an argument every user of the machine could read it',
  example: 'portcullis users add alice --roles customer --scopes orders:read,orders:write',
  options: {
    ...deskOptions,
    'dry-run': { type: 'boolean', description: 'Judges what `import` is given, and writes no account.' },
    'skip-existing': { type: 'boolean', description: 'Has `import` leave out names that accounts have already.' },
    email: { type: 'string', value: 'ADDRESS', description: 'The address of a new account.' },
    scopes: { type: 'string', value: 'A,B', description: 'What a new account may ask for.' },
    roles: { type: 'string', value: 'A,B', description: 'The roles of a new account.' },
    claim: {
      type: 'string',
      value: 'NAME=JSON',
      multiple: true,
      description: 'A claim of its tokens; may be repeated.',
    },
  },
  exits: {
    0: 'it is done',
    1: 'no password was typed, the name is taken or unknown, the password or a line is refused, or the policies have errors',
    2: 'wrong usage, or the policy directory or the file cannot be read',
    3: 'the database, a secret or a key cannot be opened',
  },
  async run(call) {
    const [written = '', name] = call.operands
    const action = actions.find((known) => known === written)
    if (action === undefined) throw new UsageFault(`expected one of ${actions.join(', ')}, got \`${written}\``)
    if (action === 'list' && name !== undefined)
      throw new UsageFault('expected no name after `list`; `--policies DIR` says where')
    if (action !== 'list' && !name)
      throw new UsageFault(`expected a ${action === 'import' ? 'file, or `-`,' : 'name'} after \`${action}\``)
    return (await import('./users/act.ts')).act(action, name ?? '', call.flags)
  },
})
