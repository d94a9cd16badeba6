/** A file of a form that may be as large as the whole body may. */

import { readSize } from '../../core/duration.ts'
import { hasReference } from '../../core/expression.ts'
import type { InputBlock } from '../../guards/input/input-block.ts'
import type { Finding } from '../findings.ts'
import type { Block, Policy, Route } from '../policy.ts'
import { below } from '../source.ts'
import { defineRule } from './rule.ts'

export const fileBeyondBody = defineRule({
  rules: {
    'input/file-beyond-body': {
      severity: 'warning',
      cause: 'A file counts for the whole body: one as large as it may be would be refused with 413.',
      hint: 'give `input` a larger `maxBytes`, or the file a smaller one',
    },
  },
  check: (policy) => {
    const unless = defaultOf(policy)
    return policy.routes.flatMap((route) => checkRoute(route, unless))
  },
})

/** The size of bodies where a route says none; undefined where that is not known, as of settings with faults. */
function defaultOf({ settings: [settings], files, whole }: Policy): string | undefined {
  if (settings !== undefined) return settings.value.limits?.body ?? '100kb'
  return whole && files.every(({ sections }) => sections.settings === undefined) ? '100kb' : undefined
}

/** What is not filled in yet is judged once it is. */
function checkRoute({ blocks }: Route, unless: string | undefined): readonly Finding[] {
  const block = blocks.get('input')
  const { body, files = {}, maxBytes = unless } = (block?.value ?? {}) as InputBlock
  if (
    block === undefined ||
    body === 'any' ||
    maxBytes === undefined ||
    hasReference(JSON.stringify([files, maxBytes]))
  )
    return []
  return Object.entries(files).flatMap(([name, file]) =>
    file.maxBytes !== undefined && readSize(file.maxBytes) >= readSize(maxBytes)
      ? [finding(block, name, `\`${name}\` may have \`${file.maxBytes}\`, and the whole body \`${maxBytes}\``)]
      : [],
  )
}

const finding = ({ at }: Block, name: string, message: string): Finding => ({
  rule: 'input/file-beyond-body',
  at: below(at, 'files', name, 'maxBytes'),
  message,
})
