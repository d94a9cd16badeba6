/** The faults of the YAML library, in the words of all other messages: expected before received. */

import type { YAMLFault } from './yaml-document.ts'

const messages: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'expected a name after `*`',
  BAD_INDENT: 'expected the indentation of the lines beside it',
  BLOCK_AS_IMPLICIT_KEY: 'expected one `key: value` on a line, got another `:`',
  NON_STRING_KEY: 'expected a text as key, got a list, a map or an alias',
  TAB_AS_INDENT: 'expected spaces as indentation, got a tab',
}

/** Whether the library only stumbles over what another fault left behind. */
export const isEcho = ({ message }: YAMLFault): boolean => /in YAML (stream|document)/.test(message)

/** What is wrong, with what stands there in backticks. */
export function explainYaml({ code, pos: [start, end], message }: YAMLFault, text: string): string {
  const known = messages[code]
  if (known !== undefined && !(code === 'BAD_INDENT' && /must be .* and end with/.test(message))) return known
  const written = text.slice(start, Math.min(end, start + 40)).split('\n', 1)[0]
  if (code === 'TAG_RESOLVE_FAILED') return `the tag \`${written}\` is unknown`
  const [, quote] = /^Missing closing (["'])quote/.exec(message) ?? []
  if (quote !== undefined) return `expected a closing \`${quote}\` before the end`
  const [, closing] = /end with an? ([}\]])/.exec(message) ?? []
  if (closing !== undefined) return `expected a closing \`${closing}\`, indented further than its key`
  if (/at node end|in YAML (stream|document)/.test(message)) return `expected the value to end here, got \`${written}\``
  const [first = ''] = message.split('\n')
  return first.charAt(0).toLowerCase() + first.slice(1).replace(/\.$/, '')
}
