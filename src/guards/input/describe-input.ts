/** What an `input` block means for a client: its parameters and its body. */

import type { Code } from '../../core/denial.ts'
import type { Site } from '../../core/site.ts'
import type { OperationPart, ParameterPlaces } from '../../services/openapi.ts'
import { type InputBlock, typesOf } from './input-block.ts'
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

function bodyOf(block: InputBlock): Pick<OperationPart, 'body'> {
  const { body, bodyRequired = body !== 'any', contentTypes, files } = block
  if (body === undefined && files === undefined) return {}
  if (body === 'any') return { body: { required: bodyRequired, types: contentTypes ?? ['*/*'] } }
  const read = { required: bodyRequired, types: typesOf(block), schema: body ?? { type: 'object' } }
  return { body: { ...read, ...(files && { files }) } }
}

const openQueryOf = ({ query }: InputBlock): Pick<OperationPart, 'notes'> =>
  query === 'any' ? { notes: ['Takes any query parameter.'] } : {}

/** Undeclared query parameters and bodies are refused as well. */
function refusalsOf(
  { body, query, headers, cookies, contentTypes, bodyRequired, files }: InputBlock,
  { route }: Site,
): readonly Code[] {
  const isOpen = query === 'any' && body === 'any' && !bodyRequired
  const hasParameters = route.params.length + Object.keys({ ...headers, ...cookies }).length > 0
  const invalid: readonly Code[] = isOpen && !hasParameters ? [] : ['input_invalid']
  if (body === undefined && files === undefined) return invalid
  const typed: readonly Code[] = body === 'any' && contentTypes === undefined ? [] : ['media_type_unsupported']
  return ['request_malformed', 'body_too_large', ...typed, ...invalid]
}
