/** Headers and cookies: what a schema changed in them goes on as a header field, and must be fit for one. */

import type { InputFault } from '../../core/denial.ts'
import type { Exchange } from '../../core/exchange.ts'
import { withoutNamed } from '../../core/hop-by-hop.ts'
import { toPointer } from '../../schema/pointer.ts'
import type { Validator } from '../../schema/schema.ts'
import { type Judgement, judgementOf } from './judgement.ts'
import { changedOf, spell, type Texts, type Values } from './parameters.ts'

interface SentPart {
  readonly name: 'headers' | 'cookies'
  readonly validator: Validator<Values>
  /** Whether such a text can be sent. */
  readonly fits: (text: string) => boolean
}

/** Judges the texts of such a part; `accept` gets all values, and those that differ from what came. */
export function judgeSent(part: SentPart, texts: Texts, accept: (values: Values, changed: Values) => void): Judgement {
  const checked = part.validator.check(texts)
  if (checked.errors !== undefined || !checked.changed)
    return judgementOf(part.name, checked, (values) => accept(values, {}))
  const changed = changedOf(checked.value, texts)
  const faults = unfit(part, changed)
  return { faults, accept: () => accept(checked.value, changed) }
}

const unfit = ({ name, fits }: SentPart, changed: Values): InputFault[] =>
  Object.keys(changed)
    .filter((key) => !spell(changed[key]).every(fits))
    .map((key) => ({
      in: name,
      path: toPointer([key]),
      rule: 'transform',
      message: 'expected what a header can carry',
    }))

/** Puts fields in place of the client's own, for where the request goes on. */
export function replaceHeaders(exchange: Exchange, fields: Readonly<Record<string, string>>): void {
  exchange.sanitisedHeaders = { ...(exchange.sanitisedHeaders ?? withoutNamed(exchange.ctx.req.headers)), ...fields }
}
