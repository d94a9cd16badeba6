/** Reloads of all workers: one result for all, and no difference between them that nobody is told of. */

import { unhurried } from '../../services/later.ts'
import type { World } from '../../services/services.ts'
import type { ReloadResult } from '../reload-result.ts'
import type { Attempt } from '../reloads.ts'
import type { Crew } from './crew.ts'
import type { Member } from './member.ts'
import { reload } from './messages.ts'
import { readResult, type WireReload } from './wire-result.ts'

export interface CrewLoaded {
  readonly files: readonly string[]
  /** The token of the admin listener. */
  readonly token: string | undefined
}

/** A worker gives up a loading of its own after a minute; one that says nothing hangs. Milliseconds. */
const patience = 70_000

/** Where workers do not come to the same result, they are asked once more: a file may have changed in between. */
export function reloadsOfCrew(crew: Crew, world: Pick<World, 'status' | 'metrics' | 'clock'>): Attempt<CrewLoaded> {
  const reporter = {}
  return async () => {
    const first = await askAll(crew)
    const wires = isOne(first) ? first : await askAll(crew)
    const [result, wire] = isOne(wires) ? sumUp(first, wires) : [unequal(wires)]
    note(result, world, reporter)
    if (wire?.files === undefined) return [result]
    crew.wake()
    return [result, { files: wire.files, token: wire.token }]
  }
}

/** Of those that are there to the end. */
async function askAll(crew: Crew): Promise<readonly WireReload[]> {
  const wires = await Promise.all(crew.serving.map(askMember))
  return wires.filter((wire) => wire !== undefined)
}

async function askMember({ link }: Member): Promise<WireReload | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const cancel = unhurried(() => resolve(undefined), patience)
  const wire = await Promise.race([link.ask<WireReload | undefined>(reload).catch(() => undefined), promise])
  cancel()
  return wire
}

/** What workers must have in common: the policies in force, or that they are refused. */
const outcomeOf = ({ result }: WireReload): string => ('digest' in result ? result.digest : result.result)

const isOne = (wires: readonly WireReload[]): boolean => new Set(wires.map(outcomeOf)).size <= 1

/** Of a second round, what the first one brought counts: then it was put in force. */
function sumUp(
  first: readonly WireReload[],
  wires: readonly WireReload[],
): readonly [ReloadResult, loaded?: WireReload] {
  const brought = (wire: WireReload) => wire.result.result === 'reloaded'
  const wire = wires.find(brought) ?? wires[0]
  if (wire === undefined) return [failure('no worker serves')]
  const result = readResult(wire.result)
  if (result.result === 'unchanged' && first.some(brought)) return [{ ...result, result: 'reloaded' }, wire]
  return [result, wire]
}

function unequal(wires: readonly WireReload[]): ReloadResult {
  const outcomes = Map.groupBy(wires, outcomeOf)
  const texts = Array.from(outcomes, ([outcome, { length }]) => `${length} of ${wires.length}: ${outcome}`)
  return failure(`the workers do not come to the same result (${texts.join('; ')})`)
}

const failure = (reason: string): ReloadResult => ({ result: 'failed', reason, error: new Error(reason) })

/** In numbers for the node, which are one, however many workers reload. */
function note(result: ReloadResult, { status, metrics, clock }: Parameters<typeof reloadsOfCrew>[1], reporter: object) {
  const isLoaded = 'digest' in result
  metrics.policyReloads.add({ result: !isLoaded ? 'failure' : result.result === 'reloaded' ? 'success' : 'unchanged' })
  if (isLoaded) {
    status.clear(reporter)
    metrics.policy = { digest: result.digest, loaded: clock.now() }
  } else status.report(reporter, 'policies', 'the policies could not be loaded anew')
}
