/** Walks one step into lists and maps. */

/** A list or map with each member in its place; the very same where no member changed. */
export function mapMembers(tree: object, change: (member: unknown, key: string | number) => unknown): unknown {
  if (Array.isArray(tree)) {
    const items = tree.map((item, index) => change(item, index))
    return items.every((item, index) => item === tree[index]) ? tree : items
  }
  const entries = Object.entries(tree).map(([key, member]) => [key, change(member, key), member] as const)
  return entries.every(([, changed, member]) => changed === member) ? tree : Object.fromEntries(entries)
}
