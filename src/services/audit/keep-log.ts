/** Keeps the log that `settings.audit` describes: opens it with its key, its publishers and its copies, and hands it to the world. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { hostname } from 'node:os'
import { StartFault } from '../../core/start-fault.ts'
import { readOwnFile } from '../keys/own-file.ts'
import type { World } from '../services.ts'
import type { Copy } from './copies/copy.ts'
import type { AuditLog } from './log/audit-log.ts'
import { pseudonymsOf } from './pseudonym.ts'
import type { HeadPublisher } from './publish/publisher.ts'
import type { AuditSettings } from './settings.ts'
import { readSigningKey } from './signing-key.ts'

/** A log that is kept. */
export interface KeptLog {
  /** The folder of all logs, and the name of this one in it. */
  readonly dir: string
  readonly id: string
  /** How many entries are not yet known to be kept. */
  waiting(): number
  /** Keeps what waits, signs the last head, and has it published. */
  close(): Promise<void>
}

/** Opens the log; from then on the world's entries go there. Throws a `StartFault` where it cannot be written. */
export async function keepLog(settings: AuditSettings, world: World): Promise<KeptLog> {
  const { dir, fsync, rotate, retain, heads, copies } = settings
  const key = settings.key ?? (await readOwnKey(`${dir}-key`))
  if (!settings.isWritten && process.env.NODE_ENV === 'production')
    world.log.warn({ dir }, 'the audit log is signed by a key that lies beside it: give `settings.audit` a `key`')
  const away = await openAway(settings, world)
  const log = await openLog({
    ...{ dir, host: hostname(), fsync, rotate, retain, headEvery: heads.every, key },
    ...{ clock: world.clock, log: world.log, status: world.status, metrics: world.metrics },
    publish: heads.publish.length === 0 ? undefined : away.publish,
    copy: copies.length === 0 ? undefined : away.copy,
  })
  world.audit.attach(log, pseudonymsOf(settings.pseudonymKey ?? key))
  return {
    dir,
    id: log.id,
    waiting: () => log.waiting,
    async close() {
      await log.close()
      await away.close()
    },
  }
}

const openLog = async (...args: Parameters<typeof import('./log/open.ts').openAuditLog>): Promise<AuditLog> =>
  (await import('./log/open.ts')).openAuditLog(...args)

/** What goes away from this file: heads to their publishers, records to their copies. */
async function openAway({ heads, copies }: AuditSettings, world: World) {
  const publishers: HeadPublisher[] = []
  for (const target of heads.publish)
    publishers.push(await (await import('./publish/publishers.ts')).openPublisher(target, world))
  const copying: Copy[] = []
  for (const target of copies) copying.push(await openCopy(target, world))
  return {
    publish: (...[head, kind]: Parameters<HeadPublisher['publish']>) => {
      for (const publisher of publishers) publisher.publish(head, kind)
    },
    copy: (line: string) => {
      for (const copy of copying) copy.write(line)
    },
    close: async () => {
      await Promise.all([...publishers, ...copying].map((each) => each.close()))
    },
  }
}

async function openCopy(target: AuditSettings['copies'][number], world: World): Promise<Copy> {
  try {
    return await (await import('./copies/copies.ts')).openCopy(target, world)
  } catch (error) {
    throw new StartFault(`the copies of \`settings.audit\` cannot be opened: ${(error as Error).message}`)
  }
}

/** Made at first use, shared by all processes of the folder. */
async function readOwnKey(path: string): Promise<KeyObject> {
  const key = readSigningKey(await readOwnFile(path, makeKey))
  if (key === undefined)
    throw new StartFault(`\`${path}\` is not an Ed25519 private key in PEM: move it away, and a new one is made`)
  return key
}

const makeKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
