/** The result of an attack as JSON. */

import type { Report } from '../../tools/attack/run.ts'
import { curlOf } from './curl.ts'
import type { Surroundings } from './formats.ts'

export function reportJson({ sound, findings, untried, requests }: Report, { url }: Surroundings): string {
  const written = findings.map(({ probe: { guard, route, source, title, request }, message }) => ({
    guard,
    route,
    file: source.file,
    line: source.line,
    title,
    message,
    request: curlOf(url, request),
  }))
  return `${JSON.stringify({ url, requests, sound: Object.fromEntries(sound), findings: written, untried }, undefined, 2)}\n`
}
