/** Secrets Manager, through the real SDK and over the wire. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { AwsSecrets } from '../../../src/services/secrets/aws/aws.ts'
import { AwsFault } from '../../../src/services/secrets/aws/fault.ts'
import { readSecretSettings, type WrittenSecrets } from '../../../src/services/secrets/settings.ts'
import { awsEnvironment, SecretsManagerServer } from '../../helpers/secrets-manager-server.ts'
import { until } from '../../helpers/until.ts'

Object.assign(process.env, awsEnvironment)

async function start(t: ExecutionContext, more: Partial<WrittenSecrets> = {}) {
  const server = await SecretsManagerServer.start(t)
  const secrets = new AwsSecrets(readSecretSettings({ provider: 'aws', endpoint: server.endpoint, ...more }))
  t.teardown(() => secrets.close())
  return { server, secrets }
}

const call = (verifies = false, milliseconds = 20_000) => ({ verifies, signal: AbortSignal.timeout(milliseconds) })

/** Why it is refused. */
async function refusal(t: ExecutionContext, attempt: Promise<unknown>): Promise<AwsFault> {
  const fault = await t.throwsAsync(attempt, { instanceOf: AwsFault })
  return fault as AwsFault
}

test('reads a secret by one signed call', async (t) => {
  const { server, secrets } = await start(t)
  server.put('prod/shop/key', 'q8Zr3Xv7', Date.UTC(2026, 0, 1))
  const { current, created, previous, pending } = await secrets.fetch('prod/shop/key', call())
  t.deepEqual([current.reveal(), created, previous, pending], ['q8Zr3Xv7', Date.UTC(2026, 0, 1), undefined, undefined])
  t.deepEqual(server.calls, [{ operation: 'GetSecretValue', name: 'prod/shop/key', stage: 'AWSCURRENT' }])
})

test('reads the stages of one that verifies, and goes without those that are not there', async (t) => {
  const { server, secrets } = await start(t)
  const read = async () => {
    const { current, previous, pending } = await secrets.fetch('key', call(true))
    return [previous?.reveal(), current.reveal(), pending?.reveal()]
  }
  server.put('key', 'one')
  t.deepEqual(await read(), [undefined, 'one', undefined])
  server.putPending('key', 'two')
  t.deepEqual(await read(), [undefined, 'one', 'two'])
  server.promote('key')
  t.deepEqual(await read(), ['one', 'two', undefined])
  server.mood = ({ stage }) => (stage === 'AWSPREVIOUS' ? 'denied' : 'well')
  t.deepEqual(await read(), [undefined, 'two', undefined])
})

test('comes back after a while where it is asked for fewer calls, or the service fails', async (t) => {
  const { server, secrets } = await start(t)
  server.put('key', 'one')
  for (const mood of ['throttled', 'failing', 'garbage', 'cut', 'empty'] as const) {
    server.calls.length = 0
    server.mood = () => (server.calls.length <= 2 ? mood : 'well')
    if (mood === 'empty') await refusal(t, secrets.fetch('key', call()))
    else {
      t.is((await secrets.fetch('key', call())).current.reveal(), 'one', mood)
      t.is(server.calls.length, 3, mood)
    }
  }
})

test('tells what it is that fails, and nothing of what it got', async (t) => {
  const { server, secrets } = await start(t)
  server.put('key', 'one')
  const moods = {
    throttled: /fewer calls/,
    failing: /status 500/,
    garbage: /cannot be understood/,
    cut: /cannot be/,
    silent: /does not answer/,
  }
  for (const [mood, message] of Object.entries(moods)) {
    server.mood = mood as keyof typeof moods
    const fault = await refusal(t, secrets.fetch('key', call(false, 700)))
    t.regex(fault.message, /^the secret `key` cannot be read from Secrets Manager: /)
    t.regex(fault.message, message)
    t.is(fault.kind, 'away')
    t.notRegex(inspect(fault, { depth: 9, showHidden: true }), /garbage|half-of/)
  }
})

test('does not ask again for what is denied, missing, binary or empty', async (t) => {
  const { server, secrets } = await start(t)
  server.put('binary', Buffer.from([1, 2, 3]))
  server.put('empty', '')
  t.regex((await refusal(t, secrets.fetch('missing', call()))).message, /`missing`.*none of this name/)
  t.regex((await refusal(t, secrets.fetch('binary', call()))).message, /`binary` cannot be used: it is binary/)
  t.regex((await refusal(t, secrets.fetch('empty', call()))).message, /`empty` cannot be used: it is empty/)
  server.mood = 'denied'
  const fault = await refusal(t, secrets.fetch('empty', call()))
  t.regex(fault.message, /AccessDeniedException: User: arn:aws:iam::1:user\/x is not authorized/)
  t.is(fault.kind, 'denied')
  t.is(server.calls.length, 4)
})

test('tells who cannot be reached, at once when time is over', async (t) => {
  const { server, secrets } = await start(t)
  await server.stop()
  const begin = performance.now()
  const fault = await refusal(t, secrets.fetch('key', call(false, 1_500)))
  t.regex(fault.message, /it cannot be reached: ECONNREFUSED/)
  t.true(performance.now() - begin >= 1_400)
  await server.listen()
})

test('reads when the service is there again', async (t) => {
  const { server, secrets } = await start(t)
  server.put('key', 'one')
  await server.stop()
  const reading = secrets.fetch('key', call())
  await server.listen()
  t.is((await reading).current.reveal(), 'one')
})

test('many secrets are read a few at a time, and each caller keeps its own context', async (t) => {
  const { server, secrets } = await start(t)
  const storage = new AsyncLocalStorage<number>()
  const seen: (number | undefined)[] = []
  const note = () => void seen.push(storage.getStore())
  subscribe('http.client.request.start', note)
  t.teardown(() => unsubscribe('http.client.request.start', note))
  let [now, most] = [0, 0]
  server.mood = () => {
    most = Math.max(most, ++now)
    setImmediate(() => now--)
    return 'well'
  }
  const numbers = Array.from({ length: 40 }, (_, number) => number)
  const read = async (number: number) => (await secrets.fetch(`key-${number}`, call())).current.reveal()
  for (const number of numbers) server.put(`key-${number}`, `value-${number}`)
  const values = await Promise.all(numbers.map((number) => storage.run(number, read, number)))
  t.deepEqual(
    values,
    numbers.map((number) => `value-${number}`),
  )
  t.deepEqual(
    seen.filter((number) => number !== undefined).sort((a, b) => a - b),
    numbers,
  )
  t.true(most <= 4)
})

test('calls nobody in clear, whoever named the endpoint', async (t) => {
  process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = 'http://secretsmanager.invalid'
  const secrets = new AwsSecrets(readSecretSettings({ provider: 'aws', region: 'eu-central-1' }))
  t.teardown(() => {
    delete process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER
    secrets.close()
  })
  t.regex(
    (await refusal(t, secrets.fetch('key', call()))).message,
    /plain `http:` to `secretsmanager.invalid` is refused/,
  )
})

test('ends what is under way when it is closed', async (t) => {
  const { server, secrets } = await start(t)
  server.mood = 'silent'
  const reading = refusal(t, secrets.fetch('key', call()))
  await until(() => server.calls.length === 1)
  secrets.close()
  t.is((await reading).kind, 'away')
})

test('tells stages and age, never the value', async (t) => {
  const { server, secrets } = await start(t)
  server.put('key', 'value-one', 0)
  server.put('key', 'value-two', 1_000)
  const facts = await secrets.origin('key').facts(AbortSignal.timeout(20_000))
  t.deepEqual(facts, ['AWSCURRENT, AWSPREVIOUS', 'changed 1970-01-01T00:00:01.000Z', 'rotates'])
  server.mood = 'denied'
  t.regex((await secrets.origin('key').facts(AbortSignal.timeout(20_000))).join(), /cannot be seen \(AccessDenied/)
})
