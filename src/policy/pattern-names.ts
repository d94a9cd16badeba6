/** What the patterns of the language stand for, in words: nobody reads a duration out of a regular expression. */

import { guards } from '../guards/index.ts'
import { handlers } from '../handlers/index.ts'
import { issuerSchema } from '../services/keys/issuer.ts'
import { roleSchema } from '../services/roles/rule.ts'
import { serviceName } from './service-name.ts'
import { settingsSchema } from './settings.ts'

const names = new Map<string, string>()

function collect(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return
  const { pattern, title, examples } = schema as Readonly<Record<string, unknown>>
  if (typeof pattern === 'string' && typeof title === 'string' && !names.has(pattern))
    names.set(pattern, Array.isArray(examples) ? `${title}, such as \`${examples[0]}\`` : title)
  for (const member of Object.values(schema)) collect(member)
}

for (const { json } of [settingsSchema, issuerSchema, roleSchema, serviceName]) collect(json)
for (const { schema } of [...guards, ...handlers]) collect(schema.json)

/** "a duration, such as `30s`"; undefined for a pattern without a title. */
export const nameOfPattern = (pattern: string): string | undefined => names.get(pattern)
