/** What an `input` block means for a client: its parameters and its body. */

import type { Code } from '../../core/denial.ts'
import type { Site } from '../../core/site.ts'
import type { OperationPart, ParameterPlaces } from '../../services/openapi.ts'
import type { InputBlock } from './input-block.ts'
import { declarationsOf } from './judge-params.ts'
import { objectOf } from './parameters.ts'

export function describeInput(block: InputBlock, site: Site): OperationPart {
  return {
    parameters: placesOf(block, site),
    refusals: refusalsOf(block, site),
    ...bodyOf(block),
    ...openQueryOf(block),
  }
}

function placesOf(
  { params = {}, query = {}, headers = {}, cookies = {} }: InputBlock,
  { route }: Site,
): ParameterPlaces {
  return {
    path: objectOf(declarationsOf(params, route.params)),
    query: objectOf(query === 'any' ? {} : query),
    header: objectOf(headers),
    cookie: objectOf(cookies),
  }
}

function bodyOf({ body, bodyRequired = body !== 'any', contentTypes }: InputBlock): Pick<OperationPart, 'body'> {
  if (body === undefined) return {}
  if (body === 'any') return { body: { required: bodyRequired, types: contentTypes ?? ['*/*'] } }
  return { body: { required: bodyRequired, types: contentTypes ?? ['application/json'], schema: body } }
}

const openQueryOf = ({ query }: InputBlock): Pick<OperationPart, 'notes'> =>
  query === 'any' ? { notes: ['Takes any query parameter.'] } : {}

/** Undeclared query parameters and bodies are refused as well. */
function refusalsOf(
  { body, query, headers, cookies, contentTypes, bodyRequired }: InputBlock,
  { route }: Site,
): readonly Code[] {
  const isOpen = query === 'any' && body === 'any' && !bodyRequired
  const hasParameters = route.params.length + Object.keys({ ...headers, ...cookies }).length > 0
  const invalid: readonly Code[] = isOpen && !hasParameters ? [] : ['input_invalid']
  if (body === undefined) return invalid
  const typed: readonly Code[] = body === 'any' && contentTypes === undefined ? [] : ['media_type_unsupported']
  return ['request_malformed', 'body_too_large', ...typed, ...invalid]
}
