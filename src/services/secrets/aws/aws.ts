/** Secrets in AWS Secrets Manager; its library is loaded with this file, only where policies name it. */

import type { DescribeSecretResponse, GetSecretValueResponse } from '@aws-sdk/client-secrets-manager'
import { splitMember } from '../member.ts'
import { Secret } from '../secret.ts'
import type { Call, Fetched, Origin, Provider } from '../secrets.ts'
import type { SecretSettings } from '../settings.ts'
import { AwsCalls } from './calls.ts'
import { AwsFault } from './fault.ts'
import type { Reason } from './reason.ts'

/** A reload reads what the policies name again, but reloads may follow one another fast. Milliseconds. */
const freshFor = 5_000

interface Version {
  readonly secret: Secret
  readonly created: number | undefined
}

export class AwsSecrets implements Provider {
  readonly freshFor = freshFor
  readonly refresh: number
  readonly deadline: number
  readonly split = splitMember
  readonly #calls: AwsCalls

  constructor(settings: SecretSettings) {
    this.refresh = settings.refresh
    this.deadline = settings.deadline
    this.#calls = new AwsCalls(settings)
  }

  /** One call; two more for a secret that verifies, which is to go on doing so while it is rotated. */
  async fetch(name: string, { verifies, signal }: Call): Promise<Fetched> {
    const { secret: current, created } = await this.#get(name, 'AWSCURRENT', signal)
    if (!verifies) return { current, created }
    const [previous, pending] = await Promise.all([
      this.#find(name, 'AWSPREVIOUS', signal),
      this.#find(name, 'AWSPENDING', signal),
    ])
    return { current, created, previous, pending }
  }

  origin(name: string): Origin {
    return { place: `\`${name}\` in Secrets Manager`, facts: (signal) => this.#facts(name, signal) }
  }

  close(): void {
    this.#calls.close()
  }

  async #get(name: string, stage: string, signal: AbortSignal): Promise<Version> {
    const answer = await this.#calls.value(name, stage, signal)
    if ('isTransient' in answer) throw faultOf(name, answer)
    return readVersion(name, answer)
  }

  /** Most secrets have no such stage, and a role need not be allowed to see it. */
  async #find(name: string, stage: string, signal: AbortSignal): Promise<Secret | undefined> {
    try {
      return (await this.#get(name, stage, signal)).secret
    } catch (error) {
      if (error instanceof AwsFault && error.kind !== 'away') return undefined
      throw error
    }
  }

  async #facts(name: string, signal: AbortSignal): Promise<readonly string[]> {
    const answer = await this.#calls.describe(name, signal)
    if ('isTransient' in answer) return [`its stages cannot be seen (${answer.text})`]
    return factsOf(answer)
  }
}

const faultOf = (name: string, { text, kind }: Reason): AwsFault =>
  new AwsFault(`the secret \`${name}\` cannot be read from Secrets Manager: ${text}`, kind)

const unusable = (name: string, what: string): AwsFault =>
  new AwsFault(`the secret \`${name}\` cannot be used: ${what}`, 'missing')

function readVersion(name: string, { SecretString, SecretBinary, CreatedDate }: GetSecretValueResponse): Version {
  if (typeof SecretString === 'string' && SecretString !== '')
    return { secret: new Secret(name, SecretString), created: timeOf(CreatedDate) }
  if (SecretBinary !== undefined) throw unusable(name, 'it is binary, and has to be text')
  if (SecretString === '') throw unusable(name, 'it is empty')
  throw new AwsFault(`the secret \`${name}\` cannot be read: the answer holds none`, 'away')
}

function timeOf(date: unknown): number | undefined {
  const time = date instanceof Date ? date.getTime() : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

function factsOf(secret: DescribeSecretResponse): readonly string[] {
  const { VersionIdsToStages = {}, LastChangedDate, RotationEnabled, NextRotationDate } = secret
  const stages = [...new Set(Object.values(VersionIdsToStages).flat())].sort()
  return [
    ...(stages.length === 0 ? [] : [stages.join(', ')]),
    ...(timeOf(LastChangedDate) === undefined ? [] : [`changed ${LastChangedDate?.toISOString()}`]),
    ...(RotationEnabled
      ? [`rotates${timeOf(NextRotationDate) ? ` next ${NextRotationDate?.toISOString()}` : ''}`]
      : []),
  ]
}
