/** `portcullis secrets`: whether the secrets that the policies name are there and fit, never what they are. */

import { defineCommand, UsageFault } from './command.ts'

export const secrets = defineCommand({
  operands: ['check', '[policy-dir]'],
  example: 'portcullis secrets check ./policies',
  options: {
    policies: { type: 'string', value: 'DIR', description: 'The policy directory, in place of the operand.' },
    format: { type: 'string', value: 'text|json', description: 'How the result is written; text unless told.' },
    values: { type: 'string', value: 'FILE', description: 'Values in place of the declared ones.' },
  },
  exits: {
    0: 'every secret can be read, and is fit for what it is used for',
    1: 'a secret is missing or refused, or the policies have errors',
    2: 'wrong usage, or the policy directory cannot be read',
    3: 'a secret cannot be read at the moment: Secrets Manager is out of reach, or refuses',
  },
  async run(call) {
    const [action = ''] = call.operands
    if (action !== 'check') throw new UsageFault(`expected \`check\`, got \`${action}\``)
    return (await import('./secrets/check.ts')).checkSecrets(call)
  },
})
