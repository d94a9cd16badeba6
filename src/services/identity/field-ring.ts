/** The keys that fields are sealed with: those of the settings, or in development one that is made at first use. */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { StartFault } from '../../core/start-fault.ts'
import { createKeyRing, type KeyRing } from '../accounts/fields/key-ring.ts'
import { readOwnFile } from '../keys/own-file.ts'
import type { Log } from '../log.ts'
import type { AccountSettings } from './settings.ts'

interface RingWorld {
  readonly log: Log
  /** The server answers this machine alone, and not in production. */
  readonly development: boolean
  /** Where the key of this machine is kept; `data` unless told. */
  readonly folder?: string | undefined
}

/** Throws `StartFault` where there is no key, and none may be made. */
export async function openRing({ fieldKeys }: Pick<AccountSettings, 'fieldKeys'>, world: RingWorld): Promise<KeyRing> {
  if (fieldKeys.length > 0) return createKeyRing(fieldKeys)
  if (!world.development) {
    throw new StartFault(
      'the fields of accounts are sealed with a key, which in production, and where others reach the server, nobody makes ' +
        "for you: give `settings.database` its `fieldKeys`, such as `{ url: 'sqlite:data/portcullis.db', fieldKeys: ['${secret:field-key}'] }`",
    )
  }
  const path = join(world.folder ?? 'data', 'field-key')
  const key = await readOwnFile(path, () => {
    world.log.warn(
      { path },
      `made ${path}: accounts are sealed with it; in production \`settings.database\` has \`fieldKeys\``,
    )
    return randomBytes(32).toString('base64')
  })
  try {
    return createKeyRing([Buffer.from(key.trim(), 'base64')])
  } catch {
    throw new StartFault(`\`${path}\` is not a key: move it away, and a new one is made`)
  }
}
