/** `authorize`: roles decide what the caller may do to the resource of the route. */

import { type Code, type Denial, deny } from '../../core/denial.ts'
import type { Fault } from '../../core/diagnostic.ts'
import type { Exchange } from '../../core/exchange.ts'
import { ExpressionFault, hasExpression, hasReference, parseExpression } from '../../core/expression.ts'
import type { Site } from '../../core/site.ts'
import { boolean, type Infer, number, object, record, string, union } from '../../schema/builder.ts'
import { importFunction, moduleFault } from '../../services/modules.ts'
import type { OperationPart } from '../../services/openapi.ts'
import type { Services } from '../../services/services.ts'
import { defineGuard, type Plan, type Step } from '../guard.ts'
import { answerSchema, readAnswerOptions } from './answer/answer-block.ts'
import { type AnswerFilter, filterAnswer } from './answer/filter-answer.ts'
import { reportAnswer } from './answer/report-answer.ts'
import { compileExpression, type ResourceLoader, type Supply, supplyByExpression, supplyByLoader } from './resource.ts'

const word = '^[^\\s,]{1,128}$'

const schema = object({
  action: string({ pattern: word, title: 'an action', description: 'What the request does, in the words of `roles`.' }),
  subject: string({
    pattern: word,
    title: 'a kind of resource',
    description: 'The kind of resource that it does it to.',
  }),
  'resource?': union(
    [
      string(),
      record(union([string(), number(), boolean()]), {
        propertyNames: { pattern: '^(?!__proto__$)[A-Za-z_][A-Za-z0-9_-]*$' },
      }),
    ],
    {
      description: 'The attributes of the resource by expression, or the loader that finds them: `./orders.ts#find`.',
    },
  ),
  'field?': string({
    pattern: '^[A-Za-z_][A-Za-z0-9_.-]*$',
    title: 'a name of a field',
    description:
      'The one field that the request touches. Without it the request is about the whole resource, which rules with `fields` do not allow.',
  }),
  'roles?': string({
    description:
      "Takes the place of the principal's roles, out of its own claims: `${user.claims.orgs[params.org]}`. Without a value there are none.",
  }),
  'answer?': answerSchema,
  'hide?': boolean({ description: 'Refuses with 404 `not_found` in place of 403 `forbidden`.' }),
})

export type AuthorizeBlock = Infer<typeof schema>

export const authorize = defineGuard<AuthorizeBlock>({
  name: 'authorize',
  summary: 'Lets roles decide, with the attributes of the resource.',
  example: "authorize: { action: read, subject: Order, resource: { ownerId: '${params.owner}' } }",
  schema,
  expressions: ['resource', 'roles'],
  refuses: ['forbidden', 'not_found', 'upstream_failed', 'upstream_timeout'],
  reportable: true,
  rules: {
    'authorize/invalid-expression': {
      severity: 'error',
      cause: 'A text looks like an expression, but is none, or reads what is not there yet.',
      hint: 'write a path such as `${params.id}`',
    },
    'authorize/foreign-roles': {
      severity: 'error',
      cause: 'Roles that do not come out of the verified claims of the caller are roles that the caller chooses.',
      hint: 'start the path with `user.claims`: `${user.claims.orgs[params.org]}`',
    },
    'authorize/loader-missing': {
      severity: 'error',
      cause: 'The loader of the resource is not to be found.',
      hint: 'write `./file.ts#export`, relative to the policy file',
    },
  },
  check: (block, site) => [...checkResource(block, site), ...checkRoles(block)],
  compile,
  describe,
})

function checkResource({ resource }: AuthorizeBlock, { folder }: Site): readonly Fault[] {
  if (resource === undefined || hasReference(resource)) return []
  if (typeof resource !== 'string')
    return Object.entries(resource).flatMap(([name, value]) => checkAttribute(name, value))
  const message = moduleFault(resource, folder)
  return message === undefined ? [] : [{ rule: 'authorize/loader-missing', path: ['resource'], message }]
}

function checkAttribute(name: string, value: unknown): readonly Fault[] {
  if (hasReference(value) || !hasExpression(value)) return []
  const expression = parseExpression(value)
  const fault = { rule: 'authorize/invalid-expression', path: ['resource', name] }
  if (expression instanceof ExpressionFault) return [{ ...fault, message: expression.message }]
  return expression.stage === 'resource' ? [{ ...fault, message: 'the resource cannot be made of `resource`' }] : []
}

function checkRoles({ roles }: AuthorizeBlock): readonly Fault[] {
  if (roles === undefined || hasReference(roles)) return []
  const expression = parseExpression(roles)
  if (expression instanceof ExpressionFault)
    return [{ rule: 'authorize/invalid-expression', path: ['roles'], message: expression.message }]
  const [outer] = expression.paths
  if (expression.single && outer?.root === 'user' && outer.names[0] === 'claims' && outer.names.length > 1) return []
  return [
    {
      rule: 'authorize/foreign-roles',
      path: ['roles'],
      message: `expected a path of a named claim, such as \`user.claims.roles\`, got \`${roles}\``,
    },
  ]
}

function describe({ action, subject, resource, hide, answer }: AuthorizeBlock): OperationPart {
  const cut = readAnswerOptions(answer) !== undefined
  const refused = hide ? 'not_found' : 'forbidden'
  const loading: readonly Code[] = typeof resource === 'string' ? ['not_found', 'upstream_timeout'] : []
  return {
    refusals: [...new Set<Code>([refused, ...loading, ...(cut ? (['upstream_failed'] as const) : [])])],
    notes: [
      `A role of the caller has to allow \`${action}\` on this \`${subject}\`.`,
      ...(cut ? ['Fields and items of the answer that no role of the caller may read are left out.'] : []),
    ],
    extensions: { 'x-authorize': { action, subject } },
  }
}

async function compile(block: AuthorizeBlock, site: Site, services: Services): Promise<Plan> {
  const { action, subject, field } = block
  const answer = readAnswerOptions(block.answer)
  const question = { action, subject, field, partial: answer !== undefined && field === undefined }
  const supply = await compileResource(block, site)
  const rolesOf = compileRolesOf(block)
  const refuse = compileRefusal(block)
  const ask = (exchange: Exchange): Denial | undefined => {
    const refusal = services.roles.refusal(question, rolesOf(exchange), exchange)
    return refusal === undefined ? undefined : refuse(refusal)
  }
  const step: Step = {
    guard: 'authorize',
    gate: 'authorize',
    source: Object.freeze({ file: site.file, line: site.line }),
    decide: function authorizeGuard(exchange) {
      const missing = supply(exchange)
      return missing instanceof Promise ? missing.then((denial) => denial ?? ask(exchange)) : (missing ?? ask(exchange))
    },
  }
  if (answer === undefined) return { steps: [step] }
  const asked = { action: answer.action ?? action, subject }
  const filter: AnswerFilter = {
    ...answer,
    step,
    reader: (exchange) => services.roles.reader(asked, rolesOf(exchange), exchange),
    refusal: refuse,
  }
  const isReported = site.route.reportOnly.includes('authorize')
  return { steps: [step], around: isReported ? reportAnswer(filter) : filterAnswer(filter) }
}

async function compileResource({ resource }: AuthorizeBlock, { folder }: Site): Promise<Supply> {
  if (resource === undefined) return () => undefined
  if (typeof resource !== 'string') return supplyByExpression(resource)
  return supplyByLoader(resource, (await importFunction(resource, folder)) as ResourceLoader)
}

const compileRefusal =
  ({ hide }: AuthorizeBlock) =>
  (cause: string) =>
    deny(hide ? 'not_found' : 'forbidden', { cause })

function compileRolesOf({ roles }: AuthorizeBlock): (exchange: Exchange) => readonly string[] {
  if (roles === undefined) return ({ principal }) => principal.roles
  const read = compileExpression(roles)
  return (exchange) => {
    const value = read(exchange)
    return (Array.isArray(value) ? value : [value]).filter((name) => typeof name === 'string')
  }
}
