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

/** Functions of native code, by their names. */
const natives: readonly (readonly [RegExp, string])[] = [
  [/^\(garbage collector\)$/, 'garbage collection'],
  [/^\(program\)$/, 'native: outside functions (parser, event loop, system calls)'],
  [/^write(Utf8|Latin1|Ascii)?(String|Buffer|v)$/, 'native: writing to the socket'],
  [/^/, 'native: other functions'],
]

export function placeOf(url: string, functionName: string): string {
  if (url === '') return nameIn(natives, functionName)
  const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(url) ?? []
  if (name !== undefined) return `package: ${name}`
  const [, ours] = /\/src\/([^/]+(?:\/[^/]+(?=\/))?)/.exec(url) ?? []
  return ours === undefined ? nameIn(platform, url) : `ours: ${ours}`
}

const nameIn = (names: typeof natives, text: string): string =>
  names.find(([pattern]) => pattern.test(text))?.[1] ?? 'the handler'
