/** Calls of Secrets Manager: a few at a time, tried again with growing pauses while it is busy or away. */

import { AsyncResource } from 'node:async_hooks'
import {
  DescribeSecretCommand,
  type DescribeSecretResponse,
  GetSecretValueCommand,
  type GetSecretValueResponse,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager'
import Bottleneck from 'bottleneck'
import { isLoopbackHost } from '../../../core/address.ts'
import type { SecretSettings } from '../settings.ts'
import { InsecureEndpoint, type Reason, reasonOfCall } from './reason.ts'

/** Milliseconds. */
const attemptTimeout = 3_000
const [firstPause, longestPause] = [200, 5_000]

/** One attempt that failed. */
class Failed extends Error {
  override readonly name = 'Failed'
  readonly reason: Reason
  readonly isOver: boolean

  constructor(reason: Reason, isOver: boolean) {
    super(reason.text)
    this.reason = reason
    this.isOver = isOver
  }
}

export class AwsCalls {
  readonly #client: SecretsManagerClient
  readonly #pace = new Bottleneck({ maxConcurrent: 4 })
  readonly #closing = new AbortController()

  constructor({ region, endpoint }: Pick<SecretSettings, 'region' | 'endpoint'>) {
    this.#client = new SecretsManagerClient(configOf(region, endpoint))
    this.#client.middlewareStack.add(refusePlain, { step: 'finalizeRequest', name: 'refusePlain', priority: 'high' })
    this.#pace.on('failed', pauseOf)
  }

  /** The value of a stage; resolves to the reason where there is none to be had before the signal. */
  value(name: string, stage: string, signal: AbortSignal): Promise<GetSecretValueResponse | Reason> {
    const command = new GetSecretValueCommand({ SecretId: name, VersionStage: stage })
    return this.#call((abortSignal) => this.#client.send(command, { abortSignal }), signal)
  }

  /** What is known of a secret apart from its value. */
  describe(name: string, signal: AbortSignal): Promise<DescribeSecretResponse | Reason> {
    const command = new DescribeSecretCommand({ SecretId: name })
    return this.#call((abortSignal) => this.#client.send(command, { abortSignal }), signal)
  }

  /** The region that is called, where one is known. */
  async region(): Promise<string | undefined> {
    return this.#client.config.region().catch(() => undefined)
  }

  close(): void {
    this.#closing.abort()
    this.#client.destroy()
  }

  /** bottleneck runs what waits in the context of whoever made room for it: each keeps its own. */
  async #call<T>(send: (signal: AbortSignal) => Promise<T>, until: AbortSignal): Promise<T | Reason> {
    const signal = AbortSignal.any([until, this.#closing.signal])
    let last: Reason | undefined
    const attempt = AsyncResource.bind(async () => {
      try {
        return await send(AbortSignal.any([signal, AbortSignal.timeout(attemptTimeout)]))
      } catch (error) {
        // What an end in the middle of an attempt says tells less than what the attempt before said.
        if (!signal.aborted || last === undefined) last = reasonOfCall(error)
        throw new Failed(last, signal.aborted)
      }
    })
    const failed = (error: unknown): Reason => {
      if (error instanceof Failed) return error.reason
      throw error
    }
    const outOfTime = () => last ?? reasonOfCall({ name: 'TimeoutError' })
    return Promise.race([this.#pace.schedule(attempt).catch(failed), whenAborted(signal).then(outOfTime)])
  }
}

const configOf = (region: string | undefined, endpoint: string | undefined): SecretsManagerClientConfig => ({
  ...(region && { region }),
  ...(endpoint && { endpoint }),
  // What is tried again, and when, is decided here.
  maxAttempts: 1,
})

/** Nothing where it is not tried again. */
function pauseOf(error: unknown, { retryCount }: { readonly retryCount: number }): number | undefined {
  if (!(error instanceof Failed) || error.isOver || !error.reason.isTransient) return undefined
  return Math.min(firstPause * 2 ** retryCount, longestPause) * (0.5 + Math.random() / 2)
}

function whenAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}

type Send<A, R> = (args: A) => Promise<R>

/** Whatever named the endpoint: no secret crosses a network in clear. */
function refusePlain<A extends { readonly request: unknown }, R>(next: Send<A, R>): Send<A, R> {
  return async (args) => {
    const { protocol, hostname } = args.request as { readonly protocol: string; readonly hostname: string }
    if (protocol !== 'https:' && !isLoopbackHost(hostname))
      throw new InsecureEndpoint(`plain \`${protocol}\` to \`${hostname}\` is refused: use \`https:\``)
    return next(args)
  }
}
