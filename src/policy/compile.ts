/** Compile: a checked, opened policy → one stack a route. */

import type { RouteFacts } from '../core/site.ts'
import { type Around, type Gate, gates, type Plan, type Step } from '../guards/guard.ts'
import { bareHead } from '../guards/headers/headers.ts'
import type { Services } from '../services/services.ts'
import type { Opened } from './open.ts'
import type { Block, Route } from './policy.ts'
import { factsOf, siteOf } from './site.ts'
import type { CompiledPolicy, Stack, Stage, WriteHead } from './stack.ts'

/** Compiles every route; a rejection is a `StartFault` that says what to do. */
export async function compile({ policy, settings, services }: Opened): Promise<CompiledPolicy> {
  const blocks = new BlockCompiler(services)
  const stacks: Stack[] = []
  for (const route of policy.routes) stacks.push(await compileRoute(route, blocks))
  return Object.freeze({
    settings,
    stacks,
    bareHead: await bareHead(),
    digest: policy.digest,
  })
}

/** Compiles blocks; of those that do not depend on the route, one plan serves all the routes that inherit it. */
class BlockCompiler {
  readonly services: Services
  readonly #shared = new Map<unknown, Promise<Plan>>()

  constructor(services: Services) {
    this.services = services
  }

  async compile(block: Block, facts: RouteFacts): Promise<Plan> {
    if (!block.guard.shared) return this.#compile(block, facts)
    const key = block.value === block.guard.implicit ? block.guard : block.at
    const plan = this.#shared.get(key) ?? this.#compile(block, facts)
    this.#shared.set(key, plan)
    return plan
  }

  async #compile({ guard, value, items, ...origin }: Block, facts: RouteFacts): Promise<Plan> {
    return guard.compile(value, siteOf(origin, facts, items), this.services)
  }
}

async function compileRoute(route: Route, compiler: BlockCompiler): Promise<Stack> {
  const facts = Object.freeze(factsOf(route))
  const plans = new Map<string, Plan>()
  for (const block of route.blocks.values()) plans.set(block.guard.name, await compiler.compile(block, facts))
  const destination = await compileDestination(route, facts, compiler.services)
  const stages = [...plans].flatMap(([name, plan]) => stagesOf(plan, route.reportOnly.includes(name))).sort(byGate)
  return Object.freeze({
    facts,
    hosts: route.hosts,
    stages,
    judges: stages.map(({ step }) => step),
    heads: [...plans.values()].flatMap(headOf),
    corsHead: headOf(plans.get('cors'))[0],
    preflight: plans.get('cors')?.preflight,
    audit: plans.get('audit')?.audit,
    destination: [...plans.values()].flatMap(aroundOf).reduce(enclose, destination),
    isVital: route.destinations.some(({ handler, value }) => handler.isVital?.(value) ?? false),
  })
}

const stagesOf = ({ steps = [] }: Plan, reportOnly: boolean): readonly Stage[] =>
  steps.map((step: Step) => Object.freeze({ step, reportOnly }))

const aroundOf = ({ around }: Plan): readonly Around[] => (around === undefined ? [] : [around])

function enclose(destination: Stack['destination'], around: Around): Stack['destination'] {
  return function enclosedDestination(exchange) {
    return around(exchange, () => destination(exchange))
  }
}

const rank: ReadonlyMap<Gate, number> = new Map(gates.map((gate, index) => [gate, index]))
const byGate = (a: Stage, b: Stage): number => (rank.get(a.step.gate) ?? 0) - (rank.get(b.step.gate) ?? 0)

const headOf = (plan: Plan | undefined): readonly WriteHead[] =>
  plan?.head === undefined ? [] : [plan.head.bind(plan)]

/** `check` made sure that there is exactly one. */
async function compileDestination(route: Route, facts: RouteFacts, services: Services): Promise<Stack['destination']> {
  const [destination] = route.destinations
  if (destination === undefined) throw new TypeError(`the route ${route.key} has no destination`)
  return destination.handler.compile(
    destination.value,
    siteOf({ at: destination.at, owner: route.owner }, facts),
    services,
  )
}
