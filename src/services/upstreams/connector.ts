/** Opens connections to one server, plain or by TLS. */

import { connect, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { withoutBrackets } from '../../core/address.ts'
import { outgoingOptions } from '../tls/outgoing.ts'
import type { Target } from './upstreams.ts'

const connectTimeout = 10_000
/** Milliseconds of silence after which the system asks whether the other side is still there. */
const probeAfter = 60_000

/** Hands on what is read without a stream between: `read` is run for each piece, whose buffer is used again. */
export type Open = (onread: OnReadOpts, ready: () => void) => Socket

export function compileConnector(target: Target): Open {
  const { protocol, hostname, port } = new URL(target.origin)
  const secure = protocol === 'https:'
  const host = withoutBrackets(hostname)
  const place = {
    host,
    port: Number(port || (secure ? 443 : 80)),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: probeAfter,
  }
  if (!secure) return (onread, ready) => withinTime(connect({ ...place, onread }), 'connect', ready)
  const tls = { ...outgoingOptions(target, host), ALPNProtocols: ['http/1.1'] }
  let session: Buffer | undefined
  return (onread, ready) => {
    const options = { ...place, ...tls, ...(session && { session }), onread }
    const socket = connectTls(options)
    socket.on('session', (ticket) => {
      session = ticket
    })
    return withinTime(socket, 'secureConnect', ready)
  }
}

function withinTime(socket: Socket, event: string, ready: () => void): Socket {
  const late = () =>
    socket.destroy(Object.assign(new Error('the connection was not made in time'), { code: 'ETIMEDOUT' }))
  const timer = setTimeout(late, connectTimeout)
  socket.once('close', () => clearTimeout(timer))
  return socket.once(event, () => {
    clearTimeout(timer)
    ready()
  })
}
