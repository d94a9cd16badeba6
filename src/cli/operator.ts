/** Who gives a command, as far as the machine knows: for the record of what it does. */

import { hostname, userInfo } from 'node:os'
import type { Operator } from '../services/accounts/outbox/act.ts'

export function operatorOf(env: NodeJS.ProcessEnv = process.env): Operator {
  const { SUDO_USER: sudo } = env
  return { user: userName(), ...(sudo && { sudo }), host: hostname() }
}

/** In a container a user may have a number, and no name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `${process.getuid?.() ?? 'unknown'}`
  }
}
