/** Takes an address for a server, or says in a sentence why it cannot be had. */

import type { Server } from 'node:net'
import { StartFault } from '../core/start-fault.ts'

export interface Address {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Other processes of this user may listen there, too; the kernel spreads connections over all of them. */
  readonly isShared?: boolean
  /** What somebody does who chooses another; passes a flag unless told. */
  readonly change?: (name: 'host' | 'port') => string
}

const passFlag = (name: string): string => `pass --${name}`

/** By the code of the error that node reports. */
const sentences: Readonly<Record<string, (address: Omit<Required<Address>, 'isShared'>) => string>> = {
  EADDRINUSE: ({ port, change }) => `port \`${port}\` is in use; stop the other server or ${change('port')}`,
  EACCES: ({ port, change }) =>
    `port \`${port}\` needs more rights than this process has; ${change('port')} with 1024 or above`,
  EADDRNOTAVAIL: ({ host, change }) => `\`${host}\` is no address of this machine; ${change('host')} with one that is`,
  ENOTFOUND: ({ host, change }) =>
    `the host \`${host}\` is not known; ${change('host')} with an address of this machine`,
  EAI_AGAIN: ({ host, change }) =>
    `the host \`${host}\` cannot be looked up now; ${change('host')} with an address of this machine`,
}

/** Listens, and answers with the port; rejects with `StartFault`. */
export function bind(server: Server, address: Address): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const refuse = (error: NodeJS.ErrnoException) => {
    const sentence = sentences[error.code ?? '']
    const text = sentence
      ? sentence({ change: passFlag, ...address })
      : `cannot listen on \`${address.host}:${address.port}\`: ${error.message}`
    reject(new StartFault(text, { cause: error }))
  }
  server.once('error', refuse)
  const { host, port, isShared: reusePort = false } = address
  server.listen({ host, port, reusePort, exclusive: reusePort }, () => {
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
