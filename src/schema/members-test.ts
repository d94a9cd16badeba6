/** The accepting half of the walk over objects. */

import { fitsSoon } from './branch.ts'
import type { Shape } from './members.ts'
import type { Predicate } from './predicate.ts'
import type { Members } from './types.ts'

/** Whether an object fits as it is: one that lacks a member with a default does not. */
export function compileMembersTest(shape: Shape): Predicate {
  const members = [...shape.members].map(([name, { node, fallback }]) => {
    return { name, accepts: node.accepts, needed: fallback !== undefined || shape.required.includes(name) }
  })
  const bare = shape.required.filter((name) => !shape.members.has(name))
  const restFits = compileRest(shape)
  return (value) => {
    const object = value as Members
    let present = 0
    for (const { name, accepts, needed } of members) {
      if (Object.hasOwn(object, name)) {
        if (!accepts(object[name])) return false
        present++
      } else if (needed) return false
    }
    for (const name of bare) if (!Object.hasOwn(object, name)) return false
    return restFits(object, present)
  }
}

/** Whether the rest of an object fits, of whose members `present` are described and judged. */
function compileRest({
  members,
  names,
  others,
  closed,
  elsewhere,
}: Shape): (object: Members, present: number) => boolean {
  if (!names && !others) return () => true
  if (!names && closed && elsewhere.size === 0) return (object, present) => Object.keys(object).length === present
  return (object) => {
    for (const name of Object.keys(object)) {
      if (names && !fitsSoon(names, name)) return false
      if (others && !members.has(name) && !elsewhere.has(name) && !others.accepts(object[name])) return false
    }
    return true
  }
}
