/** Whose a function of a profile is: ours by folder, Node's by module, a package's by its name. */

/** Node's own modules under the names that they are known by. */
const platform: readonly (readonly [RegExp, string])[] = [
  [/^node:(_http|internal\/http|http|_http_)/, 'Node: http'],
  [/^node:(net|internal\/(stream_base|net)|internal\/socket)/, 'Node: sockets'],
  [/^node:(internal\/)?(streams?|webstreams)/, 'Node: streams'],
  [
    /^node:(events|internal\/(process|async_hooks|timers|util)|timers|buffer|internal\/buffer)/,
    'Node: events, timers, ticks, buffers',
  ],
  [/^node:/, 'Node: other'],
]

/** Native code that is no function: `(program)` is the parser, system calls and the like. */
const natives: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'native code outside functions',
}

export function placeOf(url: string, functionName: string): string {
  if (url === '') return natives[functionName] ?? 'built-in functions'
  const [, ours] = /\/src\/([^/]+(?:\/[^/]+(?=\/))?)/.exec(url) ?? []
  const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(url) ?? []
  if (name !== undefined) return `package: ${name}`
  if (ours !== undefined) return `ours: ${ours}`
  return platform.find(([pattern]) => pattern.test(url))?.[1] ?? 'handler'
}
