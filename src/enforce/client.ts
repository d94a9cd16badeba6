/** Reads who the client is: the peer, or whom the trusted proxies in between say it is. */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { readAddress } from '../core/address.ts'
import { type Denial, malformed } from '../core/denial.ts'

interface Client {
  /** Canonical; empty where the connection is gone already. */
  readonly address: string
  /** The client speaks TLS to us, or to the outermost trusted proxy. */
  readonly secure: boolean
}

/** What the proxies say, the nearest last. */
interface Chain {
  readonly nodes: readonly string[]
  readonly protocols: readonly string[]
}

type IsTrusted = (address: string) => boolean

/** A proxy writes one of the two; the other came from the client, and which is which cannot be told. */
const disagreement = malformed('Forwarded and X-Forwarded headers name different clients')

const peers = new WeakMap<Socket, Client>()

/** The other end of the connection. */
export function readPeer(socket: Socket): Client {
  const known = peers.get(socket)
  if (known !== undefined) return known
  const address = readAddress(socket.remoteAddress ?? '') ?? ''
  const peer = { address, secure: 'encrypted' in socket && socket.encrypted === true }
  peers.set(socket, peer)
  return peer
}

/** The client's address and whether it uses TLS; headers count only from trusted proxies, read from the right. */
export function readClient(req: IncomingMessage, isTrusted: IsTrusted): Client | Denial {
  const peer = readPeer(req.socket)
  if (!isTrusted(peer.address)) return peer
  const listed = readListed(req.headers)
  const structured = readStructured(req.headers)
  const client = follow(listed ?? structured, peer, isTrusted)
  if (listed === undefined || structured === undefined) return client
  const other = follow(structured, peer, isTrusted)
  return client.address === other.address && client.secure === other.secure ? client : disagreement
}

const split = (list: string | undefined): readonly string[] => list?.split(',').map((item) => item.trim()) ?? []
const textOf = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

function readListed(headers: IncomingHttpHeaders): Chain | undefined {
  const nodes = textOf(headers['x-forwarded-for'])
  const protocols = textOf(headers['x-forwarded-proto'])
  if (nodes === undefined && protocols === undefined) return undefined
  return { nodes: split(nodes), protocols: split(protocols) }
}

/** RFC 7239. Split without regard to quotes: nothing that counts has a comma, and a quote left open hides nothing. */
function readStructured({ forwarded }: IncomingHttpHeaders): Chain | undefined {
  if (forwarded === undefined) return undefined
  const elements = split(forwarded).map((element) => element.split(';').map((pair) => pair.trim()))
  return {
    nodes: elements.map((pairs) => parameter(pairs, 'for')),
    protocols: elements.map((pairs) => parameter(pairs, 'proto')),
  }
}

function parameter(pairs: readonly string[], name: string): string {
  const pair = pairs.find((text) => text.slice(0, name.length + 1).toLowerCase() === `${name}=`) ?? ''
  return pair.slice(name.length + 1).replace(/^"(.*)"$/, '$1')
}

/** Walks from the peer outwards as long as the one who speaks is trusted and names an address. */
function follow(chain: Chain | undefined, peer: Client, isTrusted: IsTrusted): Client {
  if (chain === undefined) return peer
  let { address } = peer
  let hops = 0
  while (hops < chain.nodes.length && isTrusted(address)) {
    const next = readNode(chain.nodes.at(-1 - hops) ?? '')
    if (next === undefined) break
    address = next
    hops++
  }
  const protocol = chain.protocols.at(-Math.min(Math.max(hops, 1), chain.protocols.length))
  return { address, secure: protocol === undefined ? peer.secure : protocol.toLowerCase() === 'https' }
}

/** An address, in brackets where it is IPv6, with or without a port (RFC 7239 §6). */
function readNode(text: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[(.+)\]|([0-9.]+))(?::[0-9]{1,5})?$/.exec(text) ?? []
  return readAddress(bracketed ?? plain ?? text)
}
