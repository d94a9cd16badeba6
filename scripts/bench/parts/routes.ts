/** Matching over few and many routes, and how long many take to compile. */

import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createApp } from '../../../src/app.ts'
import { compileMatcher } from '../../../src/enforce/match.ts'
import { createLog } from '../../../src/services/log.ts'
import { createWorld } from '../../../src/services/world.ts'
import { audience, issuer } from '../agreed.ts'
import { writeRoutes } from '../programs.ts'
import { boundedPart, duration, nanoseconds, type Part } from './part.ts'

const matches = 50_000

interface Measured {
  /** Nanoseconds. */
  readonly match: number
  /** Seconds. */
  readonly compile: number
}

/** `folder` holds the policies that are made for it. */
export async function measureRoutes(folder: string, isQuick: boolean): Promise<readonly Part[]> {
  const parts: Part[] = []
  for (const count of isQuick ? [10, 5_000] : [10, 1_000, 5_000, 10_000]) {
    const { match, compile } = await measure(join(folder, `routes-${count}`), count)
    parts.push({ part: `matching the last of ${count.toLocaleString('en')} routes`, figure: duration(match) })
    if (count === 5_000)
      parts.push(boundedPart('load → compile of 5,000 routes', { got: compile, most: 3, unit: 's', digits: 2 }))
  }
  return parts
}

function issuerBlock(): object {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = publicKey.export({ format: 'pem', type: 'spki' })
  return { issuer, audience, algorithms: ['ES256'], publicKeys: [pem] }
}

async function measure(directory: string, count: number): Promise<Measured> {
  writeRoutes(directory, count)
  writeFileSync(join(directory, 'issuers.yaml'), JSON.stringify({ issuers: { shop: issuerBlock() } }))
  const started = performance.now()
  const app = await createApp(directory, { world: createWorld(createLog({ pretty: false, level: 'error' })) })
  const compile = (performance.now() - started) / 1000
  const matcher = compileMatcher(app.policy.stacks)
  const path = `/s${Math.ceil(count / 100) - 1}/r${(count - 1) % 100}/x`
  if (matcher.find('GET', 'localhost', path) === undefined) throw new Error(`\`${path}\` is not matched`)
  const match = nanoseconds(matches, () => matcher.find('GET', 'localhost', path))
  await app.close()
  return { match, compile }
}
