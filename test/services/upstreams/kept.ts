/** A connection between two requests: one that is free, and which one carries the next. */

import { answerWith, type Peer, type Upstream } from './serve.ts'

/** The first connection, once it has answered and is free. */
export async function kept(upstream: Upstream): Promise<Peer> {
  const asked = upstream.ask()
  const peer = await upstream.peer(0)
  await peer.head()
  peer.send(answerWith('ok'))
  await asked.whole()
  return peer
}

/** Asks once more, and says which of the first two connections answered; throws where that was none of its own. */
export async function carrierOfNext(upstream: Upstream): Promise<number> {
  const asked = upstream.ask({ path: '/next' })
  const answer = async (index: number) => {
    const peer = await upstream.peer(index)
    await peer.until((text) => text.startsWith('GET /next '))
    await peer.head()
    peer.send(answerWith('next'))
    return index
  }
  const carrier = await Promise.any([0, 1].map(answer))
  if (String((await asked.whole()).body) !== 'next') throw new Error('expected its own answer')
  return carrier
}
