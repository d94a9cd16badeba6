/** Opens what `settings.audit.copies` names. */

import { type Later, unhurried } from '../../later.ts'
import type { World } from '../../services.ts'
import type { Copy } from './copy.ts'
import { StdoutCopy } from './stdout-copy.ts'
import type { SyslogSettings } from './syslog-copy.ts'

export type CopySettings = 'stdout' | { readonly syslog: SyslogSettings }

/** A server out of reach keeps nothing from starting; a key or certificate that cannot be read throws. */
export async function openCopy(
  settings: CopySettings,
  world: Pick<World, 'log' | 'metrics' | 'status'>,
  later: Later = unhurried,
): Promise<Copy> {
  if (settings === 'stdout') return new StdoutCopy({ world, later })
  const { SyslogCopy } = await import('./syslog-copy.ts')
  return new SyslogCopy(settings.syslog, { world, later })
}
