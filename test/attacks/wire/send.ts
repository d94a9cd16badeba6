/** Sends bytes in pieces and then the end, and reads what comes until the server closes. */

import type { AddressInfo } from 'node:net'
import { RawClient } from '../../helpers/raw.ts'
import { cutAt } from '../connection.ts'

export interface Exchanged {
  /** Of the client. */
  readonly port: number
  readonly text: string
}

/** Each piece goes out in a turn of the event loop of its own. */
export async function sendAll(to: number, bytes: string, cuts: readonly number[]): Promise<Exchanged> {
  const client = await RawClient.connect(to)
  const { port } = client.socket.address() as AddressInfo
  for (const piece of cutAt(Buffer.from(bytes, 'latin1'), cuts)) {
    if (client.socket.writable) client.send(piece)
    await new Promise((turn) => setImmediate(turn))
  }
  client.socket.end()
  return { port, text: await client.rest() }
}

/** Decodes once, as a server does that takes a path for a file name. */
export const decode = (text: string): string =>
  text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
