/** `portcullis audit`: proves the audit log, shows its records, and its keys. */

import { asUsage } from './audit/as-usage.ts'
import { type Call, defineCommand, UsageFault } from './command.ts'

interface Action {
  /** The options that it takes. */
  readonly takes: readonly string[]
  load(): Promise<(call: Call) => Promise<number>>
}

const filters = ['user', 'issuer', 'event', 'outcome', 'since', 'until', 'request-id', 'log']

const actions: Readonly<Record<string, Action>> = {
  verify: {
    takes: ['heads', 'public-key', 'format'],
    load: async () => (await import('./audit/verify.ts')).verify,
  },
  show: {
    takes: [...filters, 'format', 'follow'],
    load: async () => (await import('./audit/show.ts')).show,
  },
  keys: { takes: ['new'], load: async () => (await import('./audit/keys.ts')).keys },
}

export const audit = defineCommand({
  operands: ['verify|show|keys', '[dir]'],
  example: 'portcullis audit verify data/audit --heads published.txt --public-key audit.pub',
  options: {
    heads: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      description: 'verify: signed heads that were published, in whatever text; `-` is stdin; may be repeated.',
    },
    'public-key': {
      type: 'string',
      value: 'KEY',
      multiple: true,
      description: 'verify: every head must be signed with it: a file, PEM or a verifier key; may be repeated.',
    },
    user: { type: 'string', value: 'ID', description: 'show: only of this principal.' },
    issuer: { type: 'string', value: 'NAME', description: 'show: only of principals of this issuer.' },
    event: { type: 'string', value: 'NAME', description: 'show: only this event; `data.*` is all that begin so.' },
    outcome: { type: 'string', value: 'NAME', description: 'show: only with this outcome.' },
    since: { type: 'string', value: 'TIME', description: 'show: from this time on, or this long ago: `15m`.' },
    until: { type: 'string', value: 'TIME', description: 'show: before this time, or this long ago.' },
    'request-id': { type: 'string', value: 'ID', description: 'show: only of this request.' },
    log: { type: 'string', value: 'ID', description: 'show: only of this log.' },
    follow: { type: 'boolean', description: 'show: goes on with what is written from now on.' },
    format: { type: 'string', value: 'text|json', description: 'verify, show: how the result is written.' },
    new: { type: 'boolean', description: 'keys: writes a new private key, for the secret store.' },
  },
  exits: {
    0: 'verify: the log is whole, and heads from elsewhere prove its end; else: done',
    1: 'verify: the log was tampered with',
    2: 'wrong usage, or what was named cannot be read',
    3: 'verify: whole as far as can be seen, but its end is unproven',
  },
  async run(call) {
    const [name = ''] = call.operands
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined) throw new UsageFault(`expected \`verify\`, \`show\` or \`keys\`, got \`${name}\``)
    refuse(call.flags, name, action.takes)
    return asUsage(async () => (await action.load())(call))
  },
})

/** A flag that means nothing here is a mistake, and is not passed over. */
function refuse(flags: Call['flags'], action: string, takes: readonly string[]): void {
  const foreign = Object.keys(flags).find((name) => !takes.includes(name))
  if (foreign !== undefined) throw new UsageFault(`\`audit ${action}\` takes no \`--${foreign}\``)
}
