/** Every refusal: when it comes, what it carries, what a client does, where an operator looks. */

import { type Code, catalogue, deny } from '../../src/core/denial.ts'
import type { Exchange } from '../../src/core/exchange.ts'
import { refusal } from '../../src/enforce/refusal.ts'
import { guards } from '../../src/guards/index.ts'
import { handlers } from '../../src/handlers/index.ts'
import { kebab } from '../../src/policy/reference-page.ts'
import { denialAdvice } from './denial-advice.ts'
import { anchor, code, facts, fence, link, page, table } from './markdown.ts'

export const denialCodes = Object.keys(catalogue) as readonly Code[]

export const denialsPage = (): string =>
  page(
    '# Denials',
    'Every answer that refuses a request has one of these codes. The code is for programs and stays; the message is for people.',
    table(['status', 'code', 'message'], denialCodes.map(rowOf)),
    forms(),
    '## Codes',
    ...denialCodes.map(describe),
  )

const rowOf = (name: Code): readonly string[] => [
  String(catalogue[name].status),
  link(code(name), `#${name}`),
  catalogue[name].message,
]

/** As the door itself writes it. */
function forms(): string {
  const sample = deny('rate_limited', { headers: ['Retry-After', '12'] })
  const body = (accept?: string): string => {
    const asked = { ctx: { req: { headers: { accept } } }, requestId: '6c8dc4a8-9d21-404a-9e19-c3a7ccdec091' }
    const { body: written } = refusal(sample, asked as unknown as Exchange)
    return JSON.stringify(JSON.parse(String(written)), null, 2)
  }
  return page(
    '## Form',
    '`application/json`, with `Cache-Control: no-store`:',
    fence('json', body()),
    'For a client that accepts `application/problem+json`, RFC 9457:',
    fence('json', body('application/problem+json')),
    '`input_invalid` has `details` beside it, one entry a fault, never with the value: `{"in":"body","path":"/lines/0/sku","rule":"pattern","message":"…"}`. Neither a stack nor an internal name is ever sent. Why a request was refused stands in the log, under its `requestId`.',
  ).trimEnd()
}

function describe(name: Code): string {
  const { status, message, when } = catalogue[name]
  const { carries, client, operator } = denialAdvice[name]
  return page(
    `${anchor(name)}\n\n### ${status} ${code(name)}`,
    `“${message}”. ${when}`,
    facts([
      ['Given by', giversOf(name).join('; ')],
      ...(carries === undefined ? [] : [['Carries', carries] as const]),
      ['The client', client],
      ['The operator', operator],
    ]),
  ).trimEnd()
}

/** The blocks that refuse with it, or the stage that does. */
export function giversOf(name: Code): readonly string[] {
  const blocks = [...guards, ...handlers].filter(({ refuses }) => refuses.includes(name))
  const { stage } = denialAdvice[name]
  return [
    ...(stage === undefined ? [] : [stage]),
    ...blocks.map((block) => link(code(block.name), `blocks/${kebab(block.name)}.md`)),
  ]
}
