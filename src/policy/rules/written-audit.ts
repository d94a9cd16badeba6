/** What the policies say of their log, as far as it is known before the server opens. */

import { hasReference } from '../../core/expression.ts'
import type { AuditBlock, WrittenAuditBlock } from '../../guards/audit/audit-block.ts'
import type { WrittenAudit } from '../../services/audit/settings.ts'
import type { Block, Policy, Route } from '../policy.ts'
import { below, type Place, placeKey } from '../source.ts'

export interface AuditSection {
  /** None where the settings do not speak of it. */
  readonly value: WrittenAudit | undefined
  readonly at: Place | undefined
}

/** `settings.audit`; none where the settings have faults, or where it is filled in at opening. */
export function auditSection({ settings: [settings], files }: Policy): AuditSection | undefined {
  if (settings === undefined) {
    const isSilent = files.every(({ sections }) => sections.settings === undefined)
    return isSilent ? { value: undefined, at: undefined } : undefined
  }
  const { audit } = settings.value
  return hasReference(audit) ? undefined : { value: audit, at: below(settings.at, 'audit') }
}

export interface AuditPlace extends Block {
  readonly value: WrittenAuditBlock
  readonly because: string | undefined
}

/** Every `audit` block that is not `off`, an inherited one once. */
export function auditBlocks({ routes }: Policy): readonly AuditPlace[] {
  const distinct = new Map(routes.flatMap(blockOf).map((block) => [placeKey(block.at), block]))
  return [...distinct.values()]
}

function blockOf({ blocks, because }: Route): readonly AuditPlace[] {
  const block = blocks.get('audit')
  const value = block?.value as AuditBlock | undefined
  if (block === undefined || value === undefined || value === 'off' || hasReference(value)) return []
  return [{ ...block, value, because: block.because ?? because }]
}
