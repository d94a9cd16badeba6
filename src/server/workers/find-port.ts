/** The one port of all workers. */

import { createServer } from 'node:net'
import { type ListenSettings, redirectAddress } from '../../policy/listen-settings.ts'
import { type Address, bind } from '../bind.ts'
import { redirectChange } from '../tls/redirect-change.ts'

/** Where each process can have a listener of its own on a port, and the kernel spreads connections over them. */
const sharing: ReadonlySet<NodeJS.Platform> = new Set(['linux', 'freebsd'])

/**
 * Sees that nobody has the port, for workers would share it even with those of another primary; takes a free one for 0.
 * Rejects with `StartFault`. Elsewhere than on these systems the primary accepts, and hands connections round.
 */
export async function findPort(address: Address): Promise<Address> {
  const probe = createServer()
  const port = await bind(probe, address)
  await new Promise((closed) => probe.close(closed))
  return { ...address, port, isShared: sharing.has(process.platform) }
}

/** The one port of all for those who come in clear, where there is one. */
export async function findRedirect(listen: ListenSettings): Promise<Address | undefined> {
  const address = redirectAddress(listen)
  return address && findPort({ ...address, change: redirectChange })
}
