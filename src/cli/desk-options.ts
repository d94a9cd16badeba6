/** The options of commands that work on the accounts of a policy directory. */

export const deskOptions = {
  policies: { type: 'string', value: 'DIR', description: 'The policy directory; `policies` unless told.' },
  values: { type: 'string', value: 'FILE', description: 'Values in place of the declared ones.' },
} as const
