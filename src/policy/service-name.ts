/** The name of a service, which its routes and limits go by. */

import { string } from '../schema/builder.ts'

export const serviceName = string({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
  title: 'a name of letters, digits, `-`, `_` and `.`',
  examples: ['orders'],
  description: 'Names the routes of this file.',
})
