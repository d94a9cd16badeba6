/** The `builtin` destination: the answers that this server gives about itself. */

import { word } from '../../schema/builder.ts'
import { defineHandler } from '../handler.ts'
import { health } from './health.ts'
import { metrics } from './metrics.ts'
import { ready } from './ready.ts'

const builtins = { health, ready, metrics } as const

type Name = keyof typeof builtins

export const builtin = defineHandler<Name>({
  name: 'builtin',
  summary: 'Answers about this server itself: whether it is alive, whether it is ready, what it counted.',
  example: 'builtin: health',
  schema: word(Object.keys(builtins) as readonly Name[], { description: 'Which of its answers.' }),
  refuses: [],
  compile: (name, _, services) => builtins[name](services),
})
