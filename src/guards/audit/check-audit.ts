/** What can be wrong with an `audit` block beyond its shape. */

import type { Fault, Rules } from '../../core/diagnostic.ts'
import { hasReference, referencePattern } from '../../core/expression.ts'
import { pathsIn } from '../../core/paths-in.ts'
import { suggest } from '../../core/suggest.ts'
import type { AuditBlock, WrittenAuditBlock } from './audit-block.ts'
import { isCredential, soundsSecret } from './secrets-in.ts'

export const auditRules: Rules = {
  'audit/off': {
    severity: 'warning',
    cause: 'Nothing of the route is put on record, its refusals included.',
    hint: 'take the line out, or say `because: "<reason>"` on the route',
    excusable: true,
  },
  'audit/credential-detail': {
    severity: 'error',
    cause: 'A record is kept for years and copied to others: a credential in it is known to everyone who may read it.',
    hint: 'take it out; who called stands in every record as `principal`',
  },
  'audit/secret-detail': {
    severity: 'error',
    cause: 'By its name this is a secret, and what is put on record cannot be taken back.',
    hint: 'take it out, or say `because: "<reason>"` on the route',
    excusable: true,
  },
  'audit/unknown-pseudonym': {
    severity: 'error',
    cause: 'A pseudonym that stands for nothing leaves what was meant in clear.',
    hint: 'name `user.id`, `ip`, or a `resource` or `details.NAME` of the same block',
  },
}

/** Texts that are filled in at opening are judged then. */
export function checkAudit(block: AuditBlock): readonly Fault[] {
  if (block === 'off') return [{ rule: 'audit/off', path: [], message: 'nothing of this route is put on record' }]
  if (hasReference(block)) return []
  return [...valuesOf(block).flatMap(checkValue), ...checkPseudonyms(block)]
}

interface Written {
  readonly path: readonly string[]
  readonly value: unknown
}

function valuesOf({ resource, details = {} }: WrittenAuditBlock): readonly Written[] {
  const named = hasReference(details) ? [] : Object.entries(details)
  return [
    { path: ['resource'], value: resource },
    ...named.map(([name, value]) => ({ path: ['details', name], value })),
  ]
}

const filledSecret = new RegExp(referencePattern.replace('env|secret|file|value', 'secret'))

function checkValue({ path, value }: Written): readonly Fault[] {
  const fault = (rule: string, message: string): readonly Fault[] => [{ rule, path, message }]
  if (typeof value === 'string' && filledSecret.test(value))
    return fault('audit/credential-detail', `\`${value}\` is a secret of this server`)
  const paths = pathsIn(value)
  if (paths.some(isCredential)) return fault('audit/credential-detail', `\`${value}\` reads a credential`)
  return paths.some(soundsSecret) ? fault('audit/secret-detail', `\`${value}\` reads what is named like a secret`) : []
}

function checkPseudonyms(block: WrittenAuditBlock): readonly Fault[] {
  const { pseudonyms = [], resource, details = {} } = block
  if (hasReference(pseudonyms) || hasReference(details)) return []
  const known = [
    'user.id',
    'ip',
    ...(resource === undefined ? [] : ['resource']),
    ...Object.keys(details).map((name) => `details.${name}`),
  ]
  return pseudonyms.flatMap((name, index) => {
    if (hasReference(name) || known.includes(name)) return []
    const near = suggest(name, known)
    const message = `expected one of ${known.map((each) => `\`${each}\``).join(', ')}, not \`${name}\``
    const fault = { rule: 'audit/unknown-pseudonym', path: ['pseudonyms', index], message }
    return [near === undefined ? fault : { ...fault, hint: `did you mean \`${near}\`?` }]
  })
}
