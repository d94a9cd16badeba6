#!/usr/bin/env node
/** The program: what Node compiles is kept, since compiling is most of the time that a short command takes. */

import { enableCompileCache } from 'node:module'
import { compileCacheOf } from './compile-cache.ts'

enableCompileCache(compileCacheOf(import.meta.dirname))
const { run } = await import('./run.ts')
process.exitCode = await run(process.argv.slice(2))
