/** Holds a process up, as a full disk, a swapping machine or a long command does: its port takes connections, and nothing answers. */

import type { ExecutionContext } from 'ava'

/** Stops it; what is returned lets it go on, as the end of the test does. */
export function freeze(t: ExecutionContext, pid: number): () => void {
  let isFrozen = true
  const thaw = () => {
    if (isFrozen) process.kill(pid, 'SIGCONT')
    isFrozen = false
  }
  process.kill(pid, 'SIGSTOP')
  t.teardown(() => {
    try {
      thaw()
    } catch {
      // It has ended meanwhile.
    }
  })
  return thaw
}
