/** The transforms of strings, by name. */

import type { Transform } from './schema.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const transforms: Readonly<Record<Transform, (text: string) => string>> = {
  trim: (text) => text.trim(),
  lowercase: (text) => text.toLowerCase(),
  uppercase: (text) => text.toUpperCase(),
  nfc: (text) => text.normalize('NFC'),
  // All of C0, DEL and C1, line breaks included: what is left is one line without escape sequences.
  stripControls: (text) => text.replaceAll(/\p{Cc}/gu, ''),
  escapeHtml: (text) => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character),
}

export const transformNames = Object.keys(transforms)

/** The named transforms as one function of a string, in the order given. */
export const compileTransforms = (names: readonly Transform[]): ((text: string) => string) => {
  const steps = names.map((name) => transforms[name])
  return (text) => steps.reduce((current, step) => step(current), text)
}
