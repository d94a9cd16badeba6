/** The hand-written Koa stack with bottleneck as the limiter of clients. */

import Bottleneck from 'bottleneck'
import { limit } from '../agreed.ts'
import { startKoaStack } from './koa-stack.js'

const limiters = new Bottleneck.Group({
  reservoir: limit.calls,
  reservoirRefreshAmount: limit.calls,
  reservoirRefreshInterval: limit.seconds * 1000,
  highWater: 0,
  strategy: Bottleneck.strategy.OVERFLOW,
})

startKoaStack((user) => {
  const limiter = limiters.key(user)
  return limiter.schedule(() => limiter.currentReservoir())
})
