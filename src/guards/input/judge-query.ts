/** Judges the query: closed unless it is `any`. */

import { Denial } from '../../core/denial.ts'
import type { Services } from '../../services/services.ts'
import type { InputBlock } from './input-block.ts'
import { type Judge, judgementOf, nothingFound } from './judgement.ts'
import { changedOf, compileParameters } from './parameters.ts'
import { readQuery, writeQuery } from './query.ts'

export function compileQuery({ query = {} }: InputBlock, { schemas }: Services): Judge {
  if (query === 'any') return judgeAny
  const validator = compileParameters(query, schemas)
  const isEmpty = Object.keys(query).length === 0
  return (exchange) => {
    if (isEmpty && exchange.query === '') return nothingFound
    const texts = readQuery(exchange.query)
    if (texts instanceof Denial) return texts
    return judgementOf('query', validator.check(texts), (values, changed) => {
      exchange.input.query = values
      if (changed && Object.keys(changedOf(values, texts)).length > 0) exchange.sanitisedQuery = writeQuery(values)
    })
  }
}

const judgeAny: Judge = (exchange) => {
  const texts = readQuery(exchange.query)
  if (texts instanceof Denial) return texts
  return judgementOf('query', { value: texts, changed: false }, (values) => {
    exchange.input.query = values
  })
}
