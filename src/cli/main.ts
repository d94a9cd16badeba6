#!/usr/bin/env node
/** The program: what Node compiles is kept, since compiling is most of the time that a short command takes. */

import module from 'node:module'
import { compileCacheOf } from './compile-cache.ts'
import { nodeFault } from './node-version.ts'

const fault = nodeFault(process.versions.node)
if (fault === undefined) {
  module.enableCompileCache(compileCacheOf(import.meta.dirname))
  const { run } = await import('./run.ts')
  process.exitCode = await run(process.argv.slice(2))
} else {
  process.stderr.write(`portcullis: ${fault}\n`)
  process.exitCode = 3
}
