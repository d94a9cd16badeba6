/** What may stand under `csrf`, and what is wrong with origins that never match. */

import { isLoopbackHost } from '../../core/address.ts'
import type { Fault, Rules } from '../../core/diagnostic.ts'
import { hasReference } from '../../core/expression.ts'
import { array, type Infer, object, string } from '../../schema/builder.ts'

export const csrfSchema = object({
  'origins?': array(string({ minLength: 1 }), {
    description: 'Whose pages may change something here beside those of this host itself: exact origins.',
    minItems: 1,
    examples: [['https://shop.example']],
  }),
})

type WrittenCsrf = Infer<typeof csrfSchema>

/** `off` lets the pages of every site change something here. */
export type CsrfBlock = WrittenCsrf | 'off'

export const csrfRules: Rules = {
  'csrf/invalid-origin': {
    severity: 'error',
    cause: 'Origins are compared whole, as browsers send them; `null` is what any sandboxed frame sends.',
    hint: 'write `https://shop.example`: scheme, host, and a port that is not the default',
  },
  'csrf/insecure-origin': {
    severity: 'warning',
    cause: 'Whoever is on the path can put a script into a page that came in clear.',
    hint: 'serve the page over https and list that',
  },
}

/** Texts that are filled in at opening are judged then. */
export function checkCsrf(block: CsrfBlock): readonly Fault[] {
  if (block === 'off' || hasReference(block.origins)) return []
  return (block.origins ?? []).flatMap((text, index) =>
    hasReference(text) ? [] : checkOrigin(text, ['origins', index]),
  )
}

function checkOrigin(text: string, path: Fault['path']): readonly Fault[] {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return [{ rule: 'csrf/invalid-origin', path, message: `expected an origin, not \`${text}\`` }]
  if (url.origin !== text || text.includes('*'))
    return [{ rule: 'csrf/invalid-origin', path, message: `expected \`${spell(url)}\`, not \`${text}\`` }]
  if (url.protocol === 'https:' || isLoopbackHost(url.hostname) || url.hostname.endsWith('.localhost')) return []
  return [{ rule: 'csrf/insecure-origin', path, message: `\`${text}\` is served in clear` }]
}

const spell = ({ origin }: URL): string => origin.replace('*', 'www')
