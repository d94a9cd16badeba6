/** The hand-written Koa stack with rate-limiter-flexible. */

import { RateLimiterMemory } from 'rate-limiter-flexible'
import { limit } from '../agreed.ts'
import { startKoaStack } from './koa-stack.js'

const limiter = new RateLimiterMemory({ points: limit.calls, duration: limit.seconds })

startKoaStack(async (user) => (await limiter.consume(user)).remainingPoints)
