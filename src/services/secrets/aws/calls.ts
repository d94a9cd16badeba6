/** Calls of Secrets Manager: a few at a time, tried again with growing pauses while it is busy or away. */

import { AsyncResource } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
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
import { outgoingOptions } from '../../tls/outgoing.ts'
import type { SecretSettings } from '../settings.ts'
import { InsecureEndpoint, type Reason, reasonOfCall } from './reason.ts'

/** Milliseconds. */
const attemptTimeout = 3_000
const [firstPause, longestPause] = [200, 5_000]

type Place = Pick<SecretSettings, 'region' | 'endpoint' | 'ca'>

export class AwsCalls {
  readonly #client: SecretsManagerClient
  readonly #pace = new Bottleneck({ maxConcurrent: 4 })
  readonly #closing = new AbortController()

  constructor(place: Place) {
    this.#client = new SecretsManagerClient(configOf(place))
    this.#client.middlewareStack.add(refusePlain, { step: 'finalizeRequest', name: 'refusePlain', priority: 'high' })
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

  close(): void {
    this.#closing.abort()
    this.#client.destroy()
  }

  /** bottleneck runs what waits in the context of whoever made room for it: each keeps its own. */
  #call<T extends object>(send: Send<AbortSignal, T>, until: AbortSignal): Promise<T | Reason> {
    const signal = AbortSignal.any([until, this.#closing.signal])
    const state: Attempts = { last: undefined }
    const job = AsyncResource.bind(() => persist(send, signal, state))
    const outOfTime = () => state.last ?? reasonOfCall({ name: 'TimeoutError' })
    return Promise.race([this.#pace.schedule(job), whenAborted(signal).then(outOfTime)])
  }
}

type Send<A, R> = (args: A) => Promise<R>

interface Attempts {
  /** Why the last one failed. */
  last: Reason | undefined
}

/** Tries until it is of no use. A retry of bottleneck's own could not be ended early, and would keep the process alive. */
async function persist<T>(send: Send<AbortSignal, T>, signal: AbortSignal, state: Attempts): Promise<T | Reason> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await send(AbortSignal.any([signal, AbortSignal.timeout(attemptTimeout)]))
    } catch (error) {
      const reason = reasonOfCall(error)
      // What an end in the middle of an attempt says tells less than what the attempt before said.
      if (!signal.aborted) state.last = reason
      if (signal.aborted || !reason.isTransient) return state.last ?? reason
    }
    const pause = Math.min(firstPause * 2 ** attempt, longestPause) * (0.5 + Math.random() / 2)
    await delay(pause, undefined, { signal }).catch(() => {})
  }
}

const configOf = ({ region, endpoint, ca }: Place): SecretsManagerClientConfig => ({
  ...(region && { region }),
  ...(endpoint && { endpoint }),
  // What is tried again, and when, is decided here.
  maxAttempts: 1,
  // Those who give credentials, such as STS, are called with it as well.
  requestHandler: { httpsAgent: outgoingOptions({ ca }) },
})

function whenAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}

/** Whatever named the endpoint: no secret crosses a network in clear. */
function refusePlain<A extends { readonly request: unknown }, R>(next: Send<A, R>): Send<A, R> {
  return async (args) => {
    const { protocol, hostname } = args.request as { readonly protocol: string; readonly hostname: string }
    if (protocol !== 'https:' && !isLoopbackHost(hostname))
      throw new InsecureEndpoint(`plain \`${protocol}\` to \`${hostname}\` is refused: use \`https:\``)
    return next(args)
  }
}
