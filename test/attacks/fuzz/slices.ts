/** One slice of each kind of fuzzing: what it opens it closes, and what it finds becomes a file of the corpus. */

import { connections } from './any-bytes.ts'
import { type Kind, keep } from './corpus.ts'
import { escapeBytes, nameThem } from './escape.ts'
import { kindOf, newTally, type Sample, samples, tryPolicy } from './policies.ts'
import { kindOfSent, newModel, type Sent, trySent } from './requests.ts'
import { openRig } from './rig.ts'
import { type Budget, type Finding, type Searched, search } from './search.ts'
import { serveCitadel } from './serve-child.ts'
import { tryYaml, yamlSamples } from './yaml.ts'

export interface Slice {
  readonly tried: number
  /** What came of it, in words. */
  readonly said: string
  /** The file of what was found. */
  readonly kept: string | undefined
}

/** Sums a slice up, and keeps what it found. */
function conclude<T>(
  { tried, finding }: Searched<T>,
  said: string,
  file: (finding: Finding<T>) => { readonly kind: Kind; readonly end: string; readonly content: string },
): Slice {
  if (finding === undefined) return { tried, said, kept: undefined }
  const { kind, end, content } = file(finding)
  const kept = keep(kind, { name: `found-${finding.seed}.${end}`, content })
  return { tried, said: `FOUND with seed ${finding.seed}: ${finding.fault}`, kept }
}

export async function fuzzRequests(budget: Budget): Promise<Slice> {
  const served = await serveCitadel()
  try {
    const model = newModel(served)
    const attempt = (sent: Sent) => trySent(served, model, sent)
    const searched = await search({ samples: connections, attempt, kindOf: kindOfSent, width: 16 }, budget)
    const memory = served.isAlive() ? `${Math.round(served.memory())} MB` : 'the process is dead'
    return conclude(searched, memory, ({ sample: { text } }) => {
      return { kind: 'requests', end: 'txt', content: `${escapeBytes(nameThem(text, served.base.accounts))}\n` }
    })
  } finally {
    await served.close()
  }
}

export async function fuzzPolicies(budget: Budget): Promise<Slice> {
  const rig = await openRig()
  const tally = newTally()
  try {
    const attempt = (sample: Sample) => tryPolicy(rig, sample, tally)
    const searched = await search({ samples: samples(20), attempt, kindOf, width: 1 }, budget)
    const said = `${tally.policies} policies, ${tally.requests} requests, ${tally.passed} let through`
    return conclude(searched, said, ({ sample }) => {
      return { kind: 'policies', end: 'json', content: `${JSON.stringify(sample, null, 2)}\n` }
    })
  } finally {
    await rig.close()
  }
}

export async function fuzzYaml(budget: Budget): Promise<Slice> {
  const searched = await search(
    { samples: yamlSamples, attempt: tryYaml, kindOf: (fault) => fault.slice(0, 60), width: 1 },
    budget,
  )
  return conclude(searched, 'policies', ({ sample }) => ({ kind: 'yaml', end: 'yaml', content: sample.text }))
}
