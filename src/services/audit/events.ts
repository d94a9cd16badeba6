/** The closed list of what can be put on record. */

/** Name → what it says. */
export const auditEvents = {
  'data.read': 'A GET or HEAD was allowed.',
  'data.create': 'A POST was allowed.',
  'data.update': 'A PUT or PATCH was allowed.',
  'data.delete': 'A DELETE was allowed.',
  'access.denied': 'A request was refused, by a guard or because no route answers it.',
  'auth.failed': 'A credential is missing or not good: `authenticate`, a login or a refresh refused it.',
  'auth.login': 'An account logged in with its password, and a session began.',
  'auth.refreshed': 'A session went on: a refresh token was used, and another one given.',
  'auth.reused': 'A refresh token was used a second time, or by another client: its session was ended.',
  'auth.password': 'An account changed its password, and its other sessions were ended.',
  'auth.logout': 'A session was ended by whose it is, or all of them were.',
  'auth.revoked': 'Tokens were revoked before they expire: one, those of a user, or all until a time.',
  'account.added': 'An account was made by a command.',
  'account.imported': 'Accounts were made of a file by a command: `details` counts them.',
  'account.changed':
    'A command gave an account another address, or other scopes, roles or claims: `details` has what was given.',
  'account.removed': 'An account was removed by a command, with its sessions and API keys.',
  'account.disabled': 'An account was disabled by a command: its sessions ended, and its tokens were revoked.',
  'account.enabled': 'An account was enabled again by a command.',
  'account.password': 'A command gave an account another password: its sessions ended, and its tokens were revoked.',
  'account.unlocked': 'A command let an account try to log in again.',
  'apikey.made': 'An API key was made by a command.',
  'apikey.revoked': 'An API key was revoked by a command.',
  'key.rotated': 'Keys were rotated: by a command, or by a server, once of many, because it was time.',
  'key.revoked': 'A signing key was revoked by a command.',
  'key.used': 'A token was made with a stored key by a command: for whom, and its `jti`.',
  'audit.segment': 'A file of the log begins; it holds the state of the log before it.',
  'audit.started': 'A process began to write this log.',
  'audit.stopped': 'A process stopped writing this log, in good order.',
  'audit.recovered': 'The torn end that a crash left was cut off.',
  'audit.lost': 'Entries could not be kept; it counts them.',
  'audit.removed': 'Closed files, older than `settings.audit.retain`, are about to be removed.',
} as const

export type AuditEvent = keyof typeof auditEvents

export const isAuditEvent = (name: string): name is AuditEvent => Object.hasOwn(auditEvents, name)

/** What the log says of itself: no route may record it. */
export const isOwnEvent = (name: string): boolean => name.startsWith('audit.')

/** What commands do to accounts and keys. */
const acts = ['account.', 'apikey.', 'key.'] as const
const isAct = (name: string): boolean => isAuditEvent(name) && acts.some((act) => name.startsWith(act))

/** Two words or more, such as `order.create`. */
export const eventPattern = '^[a-z][a-z0-9_-]{0,31}(\\.[a-z][a-z0-9_-]{0,31}){1,5}$'
export const eventTitle = 'two words or more in lower case, with dots between them'

/** What the log says of a refusal, whatever the route would record, and of what no request asked for. */
const notActions: ReadonlySet<string> = new Set<AuditEvent>([
  'access.denied',
  'auth.failed',
  'auth.login',
  'auth.refreshed',
  'auth.reused',
  'auth.logout',
  'auth.password',
  'auth.revoked',
])

/** What an allowed request can be recorded as, beside the names that `settings.audit.events` adds. */
export const auditActions: readonly string[] = Object.keys(auditEvents).filter(
  (name) => !isOwnEvent(name) && !isAct(name) && !notActions.has(name),
)
