/** The site of a block: its place in a file, and the facts of the route it holds for. */

import { readSize } from '../core/duration.ts'
import { hasReference } from '../core/expression.ts'
import type { RouteFacts, Site } from '../core/site.ts'
import type { InputBlock } from '../guards/input/input-block.ts'
import type { Origin, Route } from './policy.ts'

/** The facts of a route that guards, handlers, metrics and decisions share. */
export function factsOf(route: Route): RouteFacts {
  const { file, line } = route.at.source.range(route.at.path, true)
  return {
    service: route.service,
    method: route.method,
    path: route.path,
    params: route.params,
    prefix: route.prefix,
    reportOnly: route.reportOnly,
    cost: route.cost,
    maxBytes: maxBytesOf(route),
    beginsSession: route.destinations.some(({ handler, value }) => handler.beginsSession?.(value)),
    source: { file, line },
  }
}

/** What is still to be filled in is known once it is. */
function maxBytesOf({ blocks }: Route): number | undefined {
  const { maxBytes } = (blocks.get('input')?.value ?? {}) as InputBlock
  return maxBytes === undefined || hasReference(maxBytes) ? undefined : readSize(maxBytes)
}

/** Where a block stands; `items` are those of a list whose items come from several places. */
export function siteOf(origin: Origin, route: RouteFacts, items: readonly Origin[] = []): Site {
  const { file, line } = origin.at.source.range(origin.at.path, true)
  const site: Site = {
    file,
    line,
    owner: origin.owner,
    folder: origin.at.source.folder,
    route,
    item: (index) => {
      const item = items[index]
      return item === undefined ? site : siteOf(item, route)
    },
  }
  return site
}
