/** Everything but the request path: each part by itself. */

import type { Options } from '../options.ts'
import type { Stage } from '../programs.ts'
import { measureFlood } from './flood.ts'
import { measureLimiter } from './limiter.ts'
import { measureRedisLimiter } from './limiter-redis.ts'
import type { Part } from './part.ts'
import { measurePasswords } from './passwords.ts'
import { measureRoutes } from './routes.ts'
import { measureSchema } from './schema.ts'
import { measureStart } from './start.ts'
import { measureTokens } from './token.ts'

export async function measureParts({ folder, redis }: Stage, { isQuick }: Options): Promise<readonly Part[]> {
  return [
    ...(await measureStart(folder, isQuick)),
    ...(await measureRoutes(folder, isQuick)),
    ...(await measureTokens()),
    measureSchema(),
    ...measureLimiter(isQuick),
    ...(await measureRedisLimiter(redis, isQuick)),
    ...(await measurePasswords(isQuick)),
    ...(await measureFlood(isQuick)),
  ]
}
