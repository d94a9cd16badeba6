/** Judges the text fields of a form, which must be fit for one again where a schema changed them. */

import type { InputFault } from '../../core/denial.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Validator } from '../../schema/schema.ts'
import { type Judgement, judgementOf, shownPath } from './judgement.ts'
import { changedOf, type Texts, type Values } from './parameters.ts'

interface Form {
  readonly validator: Validator<Values>
  readonly texts: Texts
  /** Writes the form with other values; undefined where it cannot carry them. */
  write(values: Values): Buffer | undefined
}

export function judgeFields({ validator, texts, write }: Form, exchange: Exchange): Judgement {
  const checked = validator.check(texts)
  const changed = checked.errors || !checked.changed ? [] : Object.entries(changedOf(checked.value, texts))
  const nested = changed.filter(([, value]) => [value].flat().some(isNested))
  if (checked.errors || changed.length === 0)
    return judgementOf('body', checked, (value) => {
      exchange.input.body = value
    })
  const written = nested.length === 0 ? write(checked.value) : undefined
  const faults = written === undefined ? (nested.length === 0 ? changed : nested).map(([name]) => unfit(name)) : []
  return {
    faults,
    accept: () => {
      exchange.input.body = checked.value
      exchange.body.replaced = written
    },
  }
}

const isNested = (value: unknown): boolean => typeof value === 'object' && value !== null

const unfit = (name: string): InputFault => ({
  in: 'body',
  path: shownPath([name]),
  rule: 'transform',
  message: 'expected what a form can carry',
})
