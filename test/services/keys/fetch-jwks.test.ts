import test from 'ava'
import { fetchJwks } from '../../../src/services/keys/fetch-jwks.ts'
import { startPublisher } from '../../fixtures/tokens/publisher.ts'

test('gives up on an issuer that is slow, before its head or within its body', async (t) => {
  const publisher = await startPublisher(t, [])
  const { signal } = new AbortController()
  publisher.answer = () => {}
  await t.throwsAsync(fetchJwks({ url: publisher.url }, { signal, timeout: 50 }), { message: 'no answer within 50 ms' })
  publisher.answer = (_req, res) => void res.writeHead(200).write('{"keys":[')
  await t.throwsAsync(fetchJwks({ url: publisher.url }, { signal, timeout: 50 }), { message: 'no answer within 50 ms' })
})

test('stops reading an answer without end', async (t) => {
  const publisher = await startPublisher(t, [])
  publisher.answer = (_req, res) => {
    const more = () => {
      while (res.write(' '.repeat(65_536)));
    }
    res.writeHead(200).on('drain', more)
    more()
  }
  await t.throwsAsync(fetchJwks({ url: publisher.url }, { signal: new AbortController().signal }), {
    message: /larger than 262144 bytes/,
  })
})
