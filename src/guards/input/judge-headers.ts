/** Judges the declared headers, others pass as they came; what `Connection` names ends here, and was never sent. */

import type { IncomingHttpHeaders } from 'node:http'
import { withoutNamed } from '../../core/hop-by-hop.ts'
import type { Services } from '../../services/services.ts'
import type { InputBlock } from './input-block.ts'
import { type Judge, nothingFound } from './judgement.ts'
import { compileParameters, spell, type Texts, type Values } from './parameters.ts'
import { judgeSent, replaceHeaders } from './sent.ts'

/** RFC 9110 §5.5, as node reads and writes it. */
const fits = (text: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(text)

export function compileHeaders({ headers = {} }: InputBlock, { schemas }: Services): Judge {
  const entries = Object.entries(headers).map(([name, schema]) => [name.toLowerCase(), schema] as const)
  const names = entries.map(([name]) => name)
  const validator = compileParameters(Object.fromEntries(entries), schemas)
  const part = { name: 'headers', validator, fits } as const
  return (exchange) => {
    const sent = withoutNamed(exchange.ctx.req.headers)
    exchange.input.headers = sent
    if (names.length === 0) return nothingFound
    return judgeSent(part, pick(sent, names), (values, changed) => {
      exchange.input.headers = { ...sent, ...values }
      if (Object.keys(changed).length > 0) replaceHeaders(exchange, join(changed))
    })
  }
}

/** Without prototype, and own members only: a header may be named `constructor`. */
function pick(sent: IncomingHttpHeaders, names: readonly string[]): Texts {
  const texts: Record<string, string | readonly string[]> = Object.create(null)
  for (const name of names) {
    const text = Object.hasOwn(sent, name) ? sent[name] : undefined
    if (text !== undefined) texts[name] = text
  }
  return texts
}

const join = (values: Values): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, spell(value).join(', ')]))
