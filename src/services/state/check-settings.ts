/** Finds what is wrong with `settings.state` beyond its schema; what is filled in at opening is judged then. */

import { isLoopbackHost } from '../../core/address.ts'
import type { Fault } from '../../core/diagnostic.ts'
import { readDuration } from '../../core/duration.ts'
import { hasReference } from '../../core/expression.ts'
import { nameOf, readTarget, type Target } from '../redis/target.ts'
import { checkOutgoing } from '../tls/check-outgoing.ts'
import { type WrittenRedis, type WrittenState, writtenRedis } from './settings.ts'
import type { stateSettingsRules } from './settings-rules.ts'

/** No message quotes the url: it may hold a password. */
export function checkStateSettings(state: WrittenState | undefined): readonly Fault[] {
  if (hasReference(state)) return []
  const redis = writtenRedis(state)
  if (redis === undefined) return []
  const at = typeof state === 'string' ? [] : ['url']
  return [...checkUrl(redis, at), ...checkTls(redis), ...checkDeadline(redis)]
}

const stateFault = (rule: keyof typeof stateSettingsRules, path: Fault['path'], message: string): Fault => ({
  rule,
  path: ['state', ...path],
  message,
})

function checkUrl(redis: WrittenRedis, at: Fault['path']): readonly Fault[] {
  if (hasReference(redis.url)) return []
  const target = readTarget(redis.url)
  if (typeof target === 'string') return [stateFault('settings/invalid-state', at, target)]
  return [...checkPlain(redis, target, at), ...checkSentinel(redis, target)]
}

function checkPlain({ insecurePlain }: WrittenRedis, target: Target, at: Fault['path']): readonly Fault[] {
  if (target.isEncrypted || target.hosts.every(({ host }) => isLoopbackHost(host))) return []
  const rule = insecurePlain === undefined ? 'settings/plain-state' : 'settings/insecure-plain'
  return [stateFault(rule, at, `what is asked of \`${nameOf(target)}\` leaves this machine in clear`)]
}

function checkSentinel({ sentinel }: WrittenRedis, { kind }: Target): readonly Fault[] {
  if (sentinel === undefined || kind === 'sentinel') return []
  const fault = stateFault('settings/state-unused', ['sentinel'], '`sentinel` is of no use without sentinels')
  return [{ ...fault, onKey: true }]
}

const checkTls = (redis: WrittenRedis): readonly Fault[] =>
  checkOutgoing(redis, {
    path: ['state'],
    plain: /^redis(\+[a-z]+)?:/i.exec(redis.url)?.[0],
    rules: { unused: 'settings/state-unused', certificate: 'settings/state-certificate' },
  })

function checkDeadline({ deadline }: WrittenRedis): readonly Fault[] {
  if (deadline === undefined || hasReference(deadline)) return []
  const milliseconds = readDuration(deadline)
  if (milliseconds >= 5 && milliseconds <= 5_000) return []
  return [stateFault('settings/state-deadline', ['deadline'], `expected \`5ms\` to \`5s\`, got \`${deadline}\``)]
}
