import test from 'ava'
import { answerOnContext } from '../../src/enforce/answer-on-context.ts'
import { exchangeOf } from '../helpers/exchange.ts'

test('puts bytes of any kind on the context as Koa knows them', (t) => {
  const exchange = exchangeOf()
  const body = new Uint8Array([104, 105])
  answerOnContext(exchange, { answer: { status: 200, headers: [], body }, heads: [], fail: () => {} }, {})
  t.deepEqual(exchange.ctx.body, Buffer.from('hi'))
  t.is(exchange.ctx.response.length, 2)
})

test('refuses an answer that HTTP does not have', (t) => {
  const exchange = exchangeOf()
  const answer = { status: 0, headers: [] }
  t.throws(() => answerOnContext(exchange, { answer, heads: [], fail: () => {} }, {}), { instanceOf: TypeError })
})
