/** Who gave a command, as far as the machine knows, and how a record says so. */

import { brief } from './value.ts'

export interface Operator {
  /** Of the operating system. */
  readonly user: string
  /** Who became `user` by `sudo`. */
  readonly sudo?: string
  readonly host: string
}

export const writeOperator = ({ user, sudo, host }: Operator) => ({
  user: brief(user),
  sudo: sudo && brief(sudo),
  host: brief(host),
})
