/** What each keyword says of a value, in one sentence: editors and the reference show it. */

import type { KeywordName } from './keywords.ts'

export const keywordSummaries: Readonly<Record<KeywordName, string>> = {
  $ref: 'The schema that holds here: a shared one, `#/schemas/Name`, or a JSON Pointer into this one.',
  type: 'The type of the value, or a list of types, one of which it must have.',
  enum: 'The values that are accepted.',
  const: 'The one value that is accepted.',
  default: 'What stands in for a value that is not there.',
  title: 'A short name, for people.',
  description: 'What it is for, for people.',
  examples: 'Values that fit, for people.',
  deprecated: 'Whether callers should stop sending it; it is still accepted.',
  transform: 'What is done to the text before it is judged, in this order.',
  minLength: 'The fewest characters.',
  maxLength: 'The most characters.',
  pattern: 'The regular expression that some part of the text must match; `^…$` for the whole of it.',
  format: 'What the text must be: it is checked, not only noted.',
  minimum: 'The least number.',
  maximum: 'The greatest number.',
  exclusiveMinimum: 'The number that it must be greater than.',
  exclusiveMaximum: 'The number that it must be less than.',
  multipleOf: 'The number that it must be a multiple of.',
  properties:
    'The members of the object, each with its schema; no others are accepted unless `additionalProperties` says so.',
  required: 'The members that must be there.',
  additionalProperties:
    'What other members must be like: a schema, or `true` for anything; none are accepted unless told.',
  propertyNames: 'What the names of the members must be like.',
  minProperties: 'The fewest members.',
  maxProperties: 'The most members.',
  dependentRequired: 'Member → the members that must be there beside it.',
  prefixItems: 'The schemas of the first items, in order.',
  items: 'What every item must be like, after those of `prefixItems`.',
  minItems: 'The fewest items.',
  maxItems: 'The most items.',
  uniqueItems: 'Whether no two items may be equal.',
  allOf: 'Every one of these schemas must fit.',
  anyOf: 'At least one of these schemas must fit.',
  oneOf: 'Exactly one of these schemas must fit.',
  not: 'This schema must not fit.',
}
