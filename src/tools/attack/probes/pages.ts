/** Pages of other sites that change something with the cookie of a browser, or log it in as somebody of their own. */

import type { Code } from '../../../core/denial.ts'
import type { CsrfBlock } from '../../../guards/csrf/csrf-block.ts'
import { factsOf } from '../../../policy/site.ts'
import { isSafe } from '../../../services/audit/entry.ts'
import type { Field, Probe } from '../probe.ts'
import type { Target } from '../target.ts'
import { stranger } from './origins.ts'

const rejected: readonly Code[] = ['csrf_rejected']

/** Only where a cookie is shown, or is about to be given. */
export function probePages(target: Target): readonly Probe[] {
  const block = target.route.blocks.get('csrf')?.value as CsrfBlock | undefined
  if (
    block === undefined ||
    block === 'off' ||
    !target.enforces('csrf') ||
    isSafe(target.method) ||
    !showsCookie(target)
  )
    return []
  const listed = block.origins ?? []
  const pages: Readonly<Record<string, readonly Field[]>> = {
    'a page of another site': [
      ['Sec-Fetch-Site', 'cross-site'],
      ['Origin', stranger],
    ],
    'a page of a sibling domain': [
      ['Sec-Fetch-Site', 'same-site'],
      ['Origin', stranger],
    ],
    'a sandboxed frame': [
      ['Sec-Fetch-Site', 'cross-site'],
      ['Origin', 'null'],
    ],
    'an old browser on another site': [['Origin', stranger]],
    'a browser that says nothing': [],
    ...Object.fromEntries(
      listed.map((origin) => [
        `a page that looks like \`${origin}\``,
        [
          ['Sec-Fetch-Site', 'cross-site'],
          ['Origin', `${origin}.portcullis-attack.example`],
        ],
      ]),
    ),
  }
  return Object.entries(pages).map(([title, page]) =>
    target.probe('csrf', title, target.request({ page }), { kind: 'refused', codes: rejected }),
  )
}

const showsCookie = (target: Target): boolean =>
  factsOf(target.route).beginsSession === true || (target.caller?.fields({}) ?? []).some(([name]) => name === 'Cookie')
