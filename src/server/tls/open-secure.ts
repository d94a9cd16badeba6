/** The certificates of an app's listener, which follow whatever the app loads; their modules are loaded where there are any. */

import type { App } from '../../app.ts'
import type { World } from '../../services/services.ts'
import type { Address } from '../bind.ts'
import type { Listening } from '../listen.ts'
import type { Certificates } from './certificates.ts'
import type { TicketSeed } from './ticket-keys.ts'

interface Secured {
  /** Certificates are read again with each reload: with one that is refused, too. */
  readonly app: App
  /** None where the server speaks plain HTTP. */
  readonly certificates: Certificates | undefined
}

export async function openSecure(
  app: App,
  { tickets, world }: { readonly tickets: TicketSeed; readonly world: World },
): Promise<Secured> {
  const { settings } = app.policy
  if (settings.tls === undefined || app.tls === undefined) return { app, certificates: undefined }
  const { Certificates } = await import('./certificates.ts')
  const certificates = new Certificates({ settings: settings.tls, source: app.tls, tickets, world })
  const reload: App['reload'] = async () => {
    const ready = await app.reload().catch(async (error) => {
      await certificates.look()
      throw error
    })
    await certificates.follow(ready.tls)
    return ready
  }
  return { app: { ...app, reload }, certificates }
}

interface Redirected extends Secured {
  readonly world: World
  /** Where TLS is spoken. */
  readonly port: number
}

/** The listener that sends those who come in clear to HTTPS; none unless told. */
export async function openRedirects(
  address: Address | undefined,
  { certificates, ...about }: Redirected,
): Promise<Listening | undefined> {
  if (address === undefined || certificates === undefined) return undefined
  const { openRedirect } = await import('./redirect.ts')
  return openRedirect(address, { certificates, ...about })
}
