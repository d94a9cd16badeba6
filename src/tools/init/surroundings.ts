/** What can be found out about a project, so that nobody needs to be asked. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMembers } from '../../schema/types.ts'
import { plainName } from '../openapi-import/names.ts'

export interface Surroundings {
  /** The project's own name, as a service is called. */
  readonly name: string | undefined
  /** An OpenAPI document in the folder. */
  readonly document: string | undefined
}

const documents = ['openapi.yaml', 'openapi.yml', 'openapi.json']

/** Looks into one folder, never above it. */
export function findSurroundings(folder: string): Surroundings {
  return {
    name: nameOf(join(folder, 'package.json')),
    document: documents.map((file) => join(folder, file)).find((file) => existsSync(file)),
  }
}

/** `@shop/orders` is `orders`; what is no package file says nothing. */
function nameOf(file: string): string | undefined {
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const { name } = isMembers(read) ? read : {}
    return typeof name === 'string' ? plainName(name.split('/').at(-1) ?? '', '') || undefined : undefined
  } catch {
    return undefined
  }
}
