/** The OpenAPI 3.1 document of a policy: what its routes ask of a request, and how they refuse it. */

import { StandardWriter } from '../../schema/standard.ts'
import type { HeaderPart } from '../../services/openapi.ts'
import type { Policy, Route } from '../policy.ts'
import { headerComponents, headerRefs } from './headers.ts'
import { operationOf, type Shared } from './operation.ts'
import { type RefusalNames, Refusals, refusalSchemas } from './refusals.ts'
import { Security } from './security.ts'
import { type PathGroup, selectOperations } from './select.ts'

/** A document as plain data. */
export type OpenApiDocument = Readonly<Record<string, unknown>>

/**
 * The document of all routes, or of those that one host answers. It holds what clients may know: no upstream, file, module,
 * network or secret. A route with `document: false` is left out.
 */
export function openApiDocument(policy: Policy, host?: string): OpenApiDocument {
  const { servers, ...info } = policy.settings[0]?.value.openapi ?? {}
  const shared = sharedOf(policy)
  const groups = selectOperations(policy.routes, host)
    .map(documented)
    .filter(({ operations }) => operations.length > 0)
  const paths = groups.map((group) => [group.template, pathItemOf(group, shared, host)])
  const services = new Set(groups.flatMap(({ operations }) => operations.map(({ route }) => route.service)))
  return {
    openapi: '3.1.0',
    info: { title: 'API', version: policy.digest.slice(0, 12), ...info },
    ...(Array.isArray(servers) && { servers: servers.map((url) => ({ url })) }),
    tags: [...services].sort().map((name) => ({ name })),
    paths: Object.fromEntries(paths),
    components: componentsOf(shared),
  }
}

const documented = (group: PathGroup): PathGroup => ({
  ...group,
  operations: group.operations.filter(({ route }) => route.caption.document !== false),
})

function sharedOf({ schemas, issuers }: Policy): Shared {
  return {
    schemas: new StandardWriter(
      Object.fromEntries(schemas.map(({ name, value }) => [name, value])),
      '#/components/schemas/',
    ),
    security: new Security(issuers),
    refusals: new Refusals(),
    headers: new Map<string, HeaderPart>(),
    operationId: idMaker(),
  }
}

function pathItemOf({ template, names, operations }: PathGroup, shared: Shared, host: string | undefined) {
  const entries = operations.map(({ method, route }) => {
    const operation = operationOf({ route, method, template, names }, shared)
    return [method.toLowerCase(), { ...operation, ...(host === undefined && serversOf(route)) }]
  })
  return Object.fromEntries(entries)
}

/** Of a document for several hosts: where each operation is to be had. */
function serversOf({ hosts }: Route) {
  if (hosts.length === 0) return {}
  return {
    servers: hosts.map((host) =>
      host.startsWith('*.')
        ? { url: `https://{subdomain}${host.slice(1)}`, variables: { subdomain: { default: 'www' } } }
        : { url: `https://${host}` },
    ),
  }
}

function componentsOf({ schemas, security, refusals, headers }: Shared) {
  const names = refusalNames(new Set(schemas.components.keys()))
  const securitySchemes = security.schemes()
  const own = { [names.plain]: refusalSchemas.plain, [names.problem]: refusalSchemas.problem }
  return {
    schemas: { ...Object.fromEntries(schemas.components), ...own },
    responses: refusals.components(names, headerRefs([...headers.keys()])),
    headers: headerComponents(Object.fromEntries(headers)),
    // A page of documentation asks for tokens as soon as there is such a member.
    ...(Object.keys(securitySchemes).length > 0 && { securitySchemes }),
  }
}

function refusalNames(taken: ReadonlySet<string>): RefusalNames {
  const free = (name: string): string => (taken.has(name) ? free(`${name}_`) : name)
  return { plain: free('Refusal'), problem: free('RefusalProblem') }
}

/** Ids for programs: `getOrdersId`, each once. */
function idMaker(): Shared['operationId'] {
  const taken = new Set<string>()
  return (method, template) => {
    const words = template.split(/[^A-Za-z0-9]+/).filter(Boolean)
    const name = [method.toLowerCase(), ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('')
    let id = name
    for (let index = 2; taken.has(id); index++) id = `${name}_${index}`
    taken.add(id)
    return id
  }
}
