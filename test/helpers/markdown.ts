/** Documents as tests read them: fenced blocks by section, and what a shell is shown to answer. */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Diagnostic } from '../../src/core/diagnostic.ts'
import { diagnose } from '../../src/policy/inspect.ts'
import { writePolicies } from './gate.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Fence {
  /** The heading that it stands under; empty before the first. */
  readonly section: string
  readonly language: string
  readonly text: string
}

/** The fenced blocks of a document of the repository. */
export function readFences(file: string): readonly Fence[] {
  const parts = readFileSync(`${root}/${file}`, 'utf8').split(/^#{2,3} (.*)\n/m)
  return parts.flatMap((part, index) => {
    if (index % 2 === 1) return []
    const section = index === 0 ? '' : (parts[index - 1] ?? '')
    return [...part.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
      section,
      language,
      text,
    }))
  })
}

/** A command, and what is shown below it; `…` stands for anything. */
export interface Example {
  readonly command: string
  readonly shown: string
}

/** The commands of a `console` block. */
export const examplesOf = (text: string): readonly Example[] =>
  text
    .split(/^\$ /m)
    .slice(1)
    .map((example) => {
      const end = example.indexOf('\n')
      return { command: example.slice(0, end), shown: example.slice(end + 1).trim() }
    })

/** What is shown, as an expression that the real output has to match. */
export const patternOf = (shown: string): RegExp =>
  new RegExp(`^${shown.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '[^]*?')}$`)

/** What a snippet leaves out on purpose: the routes, and who uses what it declares. */
const ofPart = /^policy\/no-routes$|\/unused$/

/** What check finds of policies that a document shows, which may be a part of a directory. */
export const findFaults = (files: Readonly<Record<string, string>>): readonly Diagnostic[] =>
  diagnose(writePolicies(files)).filter(({ rule }) => !ofPart.test(rule))
