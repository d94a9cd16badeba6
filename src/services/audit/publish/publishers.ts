/** Opens what `settings.audit.heads.publish` names; the library of each is loaded only where it is named. */

import { type Later, unhurried } from '../../later.ts'
import type { World } from '../../services.ts'
import { LogPublisher } from './log-publisher.ts'
import type { HeadPublisher, Send } from './publisher.ts'
import type { RedisSettings } from './redis.ts'
import type { WebhookSettings } from './webhook.ts'

export type PublisherSettings = 'stdout' | { readonly webhook: WebhookSettings } | { readonly redis: RedisSettings }

/** Connects to nothing before the first head: what is out of reach keeps no server from starting. */
export async function openPublisher(
  settings: PublisherSettings,
  world: Pick<World, 'log' | 'metrics' | 'status'>,
  later: Later = unhurried,
): Promise<HeadPublisher> {
  if (settings === 'stdout') return new LogPublisher(world)
  const { PacedPublisher } = await import('./paced-publisher.ts')
  const name = 'webhook' in settings ? 'webhook' : 'redis'
  return new PacedPublisher({ name, send: await loadSend(settings), world, later })
}

async function loadSend(settings: Exclude<PublisherSettings, 'stdout'>): Promise<Send> {
  if ('webhook' in settings) return (await import('./webhook.ts')).sendToWebhook(settings.webhook)
  return (await import('./redis.ts')).sendToRedis(settings.redis)
}
