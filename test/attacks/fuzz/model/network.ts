/** The model's addresses: IPv4 alone. */

import { BlockList } from 'node:net'
import { type Asked, headerOf } from './request.ts'

/** Whether an address is in one of the ranges. */
export function isInside(address: string, ranges: readonly string[]): boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [net = '', bits = '32'] = range.split('/')
    list.addSubnet(net, Number(bits))
  }
  return list.check(address)
}

/** Who the client is: the nearest that no trusted proxy stands for. */
export function clientOf(asked: Asked, trusted: readonly string[]): string {
  const named = (headerOf(asked, 'x-forwarded-for') ?? '').split(',').map((text) => text.trim())
  let address = asked.peer ?? '127.0.0.1'
  for (const next of named.reverse()) {
    if (next === '' || !isInside(address, trusted)) break
    address = next
  }
  return address
}
