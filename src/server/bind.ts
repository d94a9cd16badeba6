/** Takes an address for a server, or says in a sentence why it cannot be had. */

import type { Server } from 'node:net'
import { StartFault } from '../core/start-fault.ts'

export interface Address {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
}

/** By the code of the error that node reports. */
const sentences: Readonly<Record<string, (address: Address) => string>> = {
  EADDRINUSE: ({ port }) => `port \`${port}\` is in use; stop the other server or pass --port`,
  EACCES: ({ port }) => `port \`${port}\` needs more rights than this process has; pass --port with 1024 or above`,
  EADDRNOTAVAIL: ({ host }) => `\`${host}\` is no address of this machine; pass --host with one that is`,
  ENOTFOUND: ({ host }) => `the host \`${host}\` is not known; pass --host with an address of this machine`,
  EAI_AGAIN: ({ host }) => `the host \`${host}\` cannot be looked up now; pass --host with an address of this machine`,
}

/** Listens, and answers with the port; rejects with `StartFault`. */
export function bind(server: Server, address: Address): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const refuse = (error: NodeJS.ErrnoException) => {
    const sentence = sentences[error.code ?? '']
    const text = sentence ? sentence(address) : `cannot listen on \`${address.host}:${address.port}\`: ${error.message}`
    reject(new StartFault(text, { cause: error }))
  }
  server.once('error', refuse)
  server.listen(address.port, address.host, () => {
    server.off('error', refuse)
    resolve(portOf(server))
  })
  return promise
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('expected a server on a port')
  return address.port
}
