/** The corpus: small files with names, each a seed or what was found once; all of them are tried in every run. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unescapeBytes } from './escape.ts'

const root = fileURLToPath(new URL('../corpus', import.meta.url))

export type Kind = 'requests' | 'policies' | 'yaml'

export interface Seed {
  readonly name: string
  readonly content: string
}

/** The files of one kind, by name. */
export const corpusOf = (kind: Kind): readonly Seed[] =>
  readdirSync(join(root, kind))
    .filter((name) => !name.startsWith('.'))
    .sort()
    .map((name) => ({ name, content: readFileSync(join(root, kind, name), 'utf8') }))

/** Requests as they are sent, but for the names of credentials. */
export const corpusTexts = (kind: 'requests'): readonly string[] =>
  corpusOf(kind).map(({ content }) => unescapeBytes(content))

/** Keeps what was found; returns where. */
export function keep(kind: Kind, { name, content }: Seed): string {
  const path = join(root, kind, name)
  writeFileSync(path, content)
  return path
}
