/** The `builtin` destination: the answers that this server gives about itself. */

import { word } from '../../schema/builder.ts'
import { defineHandler } from '../handler.ts'
import { docs } from './docs.ts'
import { health } from './health.ts'
import { metrics } from './metrics.ts'
import { openapi } from './openapi.ts'
import { ready } from './ready.ts'

const builtins = { health, ready, metrics, openapi, docs } as const

type Name = keyof typeof builtins

export const builtin = defineHandler<Name>({
  name: 'builtin',
  summary: 'Answers about this server itself: whether it is alive and ready, what it counted, what its API is.',
  example: 'builtin: health',
  schema: word(Object.keys(builtins) as readonly Name[], { description: 'Which of its answers.' }),
  refuses: ['not_found'],
  compile: (name, _, services) => builtins[name].compile(services),
  isVital: (name) => name === 'health' || name === 'ready' || name === 'metrics',
  describe: (name) => ({ answers: builtins[name].answers, refusals: [] }),
})
