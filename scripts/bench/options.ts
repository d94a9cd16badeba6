/** The command line of the bench. */

import { parseArgs } from 'node:util'

export const groups = ['policy', 'proxy', 'audit', 'parts', 'profile'] as const
export type Group = (typeof groups)[number]

const servers: readonly Group[] = ['policy', 'proxy', 'audit']
const withoutProfile: readonly Group[] = [...servers, 'parts']

export interface Options {
  readonly groups: readonly Group[]
  readonly isQuick: boolean
  /** Ids of contenders: what is measured of the groups, and what is profiled. */
  readonly only: readonly string[] | undefined
}

/** Reads the command line; throws for a group that there is not. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
    allowPositionals: true,
  })
  const asked = positionals.map((name) => {
    const group = groups.find((known) => known === name)
    if (group === undefined) throw new Error(`expected one of ${groups.join(', ')}, got \`${name}\``)
    return group
  })
  const usual: readonly Group[] = values.only === undefined ? (values.quick ? withoutProfile : groups) : servers
  return { groups: asked.length > 0 ? asked : usual, isQuick: values.quick, only: values.only?.split(',') }
}
