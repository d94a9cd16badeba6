/** Finds what is wrong with `settings.audit` beyond its schema; what is filled in at opening is judged then. */

import type { Fault } from '../../core/diagnostic.ts'
import { longestTimer, readDuration, readSize } from '../../core/duration.ts'
import { hasReference } from '../../core/expression.ts'
import { findWeakness, readSecret } from '../keys/hmac-secret.ts'
import { auditFault, checkAuditTls } from './audit-fault.ts'
import { checkPublisher } from './check-publisher.ts'
import { isAuditEvent, isOwnEvent } from './events.ts'
import type { WrittenAudit, WrittenAuditLog } from './settings.ts'
import { readSigningKey } from './signing-key.ts'

export function checkAuditSettings(audit: WrittenAudit | undefined): readonly Fault[] {
  if (audit === 'off') return [auditFault('audit/switched-off', [], 'no log is kept')]
  const log = known(audit) ?? {}
  return [checkBounds, checkEvents, checkKeys, checkHeads, checkCopies].flatMap((judge) => judge(log))
}

/** A value that stands there; none for one that is filled in at opening. */
const known = <T>(value: T | undefined): T | undefined => (hasReference(value) ? undefined : value)

/** The items of a list that stand there, each with its index. */
const itemsOf = <T>(list: readonly T[] | undefined): readonly (readonly [index: number, item: T])[] =>
  [...(known(list) ?? []).entries()].filter(([, item]) => !hasReference(item))

const leastSize = 65_536
const second = 1_000

function checkBounds(log: WrittenAuditLog): readonly Fault[] {
  const rotate = known(log.rotate)
  const [size, every, retain, heads] = [rotate?.size, rotate?.every, log.retain, known(log.heads)?.every].map(known)
  const retained = retain === undefined ? Number.POSITIVE_INFINITY : readDuration(retain)
  const lasting = readDuration(every ?? '1d')
  const signed = heads === undefined ? second : readDuration(heads)
  const fault = (path: Fault['path'], message: string) => auditFault('audit/out-of-bounds', path, message)
  return [
    ...(size !== undefined && readSize(size) < leastSize
      ? [fault(['rotate', 'size'], `expected at least \`64kb\`, got \`${size}\``)]
      : []),
    ...(lasting < second ? [fault(['rotate', 'every'], `expected at least \`1s\`, got \`${every}\``)] : []),
    ...(signed < second || signed > longestTimer
      ? [fault(['heads', 'every'], `expected \`1s\` to \`24d\`, got \`${heads}\``)]
      : []),
    ...(!isOpen(log) && retained < lasting
      ? [fault(['retain'], `expected at least \`${every ?? '1d'}\`, as long as one file lasts, got \`${retain}\``)]
      : []),
  ]
}

/** How long a file lasts is not known yet. */
const isOpen = ({ rotate }: WrittenAuditLog): boolean => hasReference(rotate) || hasReference(rotate?.every)

const checkEvents = ({ events }: WrittenAuditLog): readonly Fault[] =>
  itemsOf(events)
    .filter(([, name]) => isAuditEvent(name) || isOwnEvent(name))
    .map(([index, name]) => auditFault('audit/reserved-event', ['events', index], `\`${name}\` is taken`))

function checkKeys({ key, pseudonymKey }: WrittenAuditLog): readonly Fault[] {
  const [signing, hashing] = [known(key), known(pseudonymKey)]
  const isBad = signing !== undefined && readSigningKey(signing) === undefined
  const weakness = hashing === undefined ? undefined : weaknessOf(hashing)
  return [
    ...(isBad ? [auditFault('audit/bad-key', ['key'], 'expected an Ed25519 private key in PEM')] : []),
    ...(weakness === undefined ? [] : [auditFault('audit/weak-key', ['pseudonymKey'], weakness)]),
  ]
}

function weaknessOf(text: string): string | undefined {
  const bytes = readSecret(text)
  return bytes === undefined ? 'expected base64 after `base64:`' : findWeakness(bytes)
}

const checkHeads = ({ heads }: WrittenAuditLog): readonly Fault[] =>
  itemsOf(known(heads)?.publish).flatMap(([index, target]) =>
    target === 'stdout' ? [] : checkPublisher(target, ['heads', 'publish', index]),
  )

const checkCopies = ({ copies }: WrittenAuditLog): readonly Fault[] =>
  itemsOf(copies).flatMap(([index, copy]) => {
    if (copy === 'stdout' || hasReference(copy.syslog)) return []
    return checkAuditTls(copy.syslog, ['copies', index, 'syslog'])
  })
