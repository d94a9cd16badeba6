/** A request as a command that sends it again; no token is shown. */

import type { Field, ProbeRequest, RawRequest } from '../../tools/attack/probe.ts'
import { shellWord } from '../shell-word.ts'

const longest = 400

export function curlOf(url: string, request: ProbeRequest | RawRequest): string {
  if ('raw' in request)
    return `printf ${shellWord(JSON.stringify(request.raw).slice(1, -1).replaceAll('{host}', new URL(url).host))}`
  const { method, target, headers, credential, body } = request
  const shown = [...credential.map(hide), ...headers].map(([name, value]) => ` -H ${shellWord(`${name}: ${value}`)}`)
  const data = body === undefined ? '' : ` -d ${shellWord(body.length > longest ? `${body.slice(0, longest)}…` : body)}`
  return `curl -i --path-as-is -X ${method}${shown.join('')}${data} ${shellWord(`${url}${target}`)}`
}

const hide = ([name, value]: Field): Field => [name, value.replace(/^(Bearer |[\w-]+=)?.*$/s, '$1…')]
