/** What sentinels publish, by servers that publish what they are told to. */

import test from 'ava'
import { SentinelWatch } from '../../../src/services/redis/sentinel-watch.ts'
import { until } from '../../helpers/until.ts'
import { settingsOf, startServer } from './stores.ts'

test('hears of its own master from each sentinel, also after it was gone, until it is closed', async (t) => {
  const [one, two] = [await startServer(t), await startServer(t)]
  let deposed = 0
  const url = `redis+sentinel://127.0.0.1:${one.port},127.0.0.1:${two.port}/mymaster`
  const watch = new SentinelWatch(settingsOf(url), () => deposed++)
  t.teardown(() => watch.close())
  await watch.start()
  const say = ({ admin }: typeof one, name: string) =>
    admin.publish('+switch-master', `${name} 10.0.0.1 6379 10.0.0.2 6379`)
  for (const sentinel of [one, two]) await until(async () => (await say(sentinel, 'other')) === 1)
  t.is(deposed, 0)
  await say(one, 'mymaster2')
  await say(one, 'mymaster')
  await say(two, 'mymaster')
  await until(() => deposed === 2)
  await one.kill()
  await one.start()
  await until(async () => (await say(one, 'mymaster')) === 1)
  await until(() => deposed === 3)
  watch.close()
  await until(async () => (await say(one, 'mymaster')) === 0 && (await say(two, 'mymaster')) === 0)
})

test('is closed before it has begun', async (t) => {
  const server = await startServer(t)
  const watch = new SentinelWatch(settingsOf(`redis+sentinel://127.0.0.1:${server.port}/mymaster`), () => t.fail())
  const started = watch.start()
  watch.close()
  await started
  t.false(String(await server.admin.client('LIST')).includes('name=portcullis'))
})

test('signs in again and again, and leaves nobody behind', async (t) => {
  const server = await startServer(t)
  const settings = settingsOf(`redis+sentinel://127.0.0.1:${server.port}/mymaster`)
  const watch = new SentinelWatch(settings, () => {})
  const started = watch.start()
  for (let round = 0; round < 5; round++) watch.signIn(settings)
  await started
  const listening = () => server.admin.publish('+switch-master', 'another 10.0.0.1 1 10.0.0.2 1')
  await until(async () => (await listening()) === 1)
  watch.close()
  await until(async () => (await listening()) === 0)
  t.pass()
})
