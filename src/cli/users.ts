/** `portcullis users`: the accounts that log in, and what becomes of them. */

import { type Call, defineCommand, UsageFault } from './command.ts'
import { deskOptions } from './desk-options.ts'

const actions = ['add', 'import', 'list', 'set', 'password', 'disable', 'enable', 'unlock', 'remove'] as const

/** Which actions take what; those of all commands stand elsewhere. */
const takers: Readonly<Record<string, readonly string[]>> = {
  'dry-run': ['import'],
  'skip-existing': ['import'],
  email: ['add', 'set'],
  scopes: ['add', 'set'],
  roles: ['add', 'set'],
  claim: ['add', 'set'],
  'drop-claim': ['set'],
}

export const users = defineCommand({
  operands: [actions.join('|'), '[name|file]'],
  excess:
    'expected nothing after the name: a password is asked for, or read from standard input; in an argument every user of the machine could read it',
  example: 'portcullis users add alice --roles customer --scopes orders:read,orders:write',
  options: {
    ...deskOptions,
    'dry-run': { type: 'boolean', description: 'Judges what `import` is given, and writes no account.' },
    'skip-existing': { type: 'boolean', description: 'Has `import` leave out names that accounts have already.' },
    email: { type: 'string', value: 'ADDRESS', description: 'Its address; empty for none.' },
    scopes: { type: 'string', value: 'A,B', description: 'What it may ask for; empty for nothing.' },
    roles: { type: 'string', value: 'A,B', description: 'Its roles; empty for none.' },
    claim: {
      type: 'string',
      value: 'NAME=JSON',
      multiple: true,
      description: 'A claim of its tokens; may be repeated.',
    },
    'drop-claim': {
      type: 'string',
      value: 'NAME',
      multiple: true,
      description: 'Has `set` take a claim away; may be repeated.',
    },
  },
  exits: {
    0: 'it is done',
    1: 'no password was typed, the name or the address is taken or unknown, the password or a line is refused, or the policies have errors',
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
    refuseStrays(action, call.flags)
    return (await import('./users/act.ts')).act(action, name ?? '', call.flags)
  },
})

/** What would be passed over unsaid. */
function refuseStrays(action: string, flags: Call['flags']): void {
  for (const [name, known] of Object.entries(takers))
    if (flags[name] !== undefined && !known.includes(action))
      throw new UsageFault(`expected \`--${name}\` with \`${known.join('` or `')}\` alone`)
}
