/** A Lua script with the name that Redis gives it. */

import { hash } from 'node:crypto'
import type { Script } from '../../redis/store.ts'

export const scriptOf = (text: string): Script => Object.freeze({ text, sha1: hash('sha1', text) })
