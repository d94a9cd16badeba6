/** The commands, each loaded only when it is called: most of a short command's time is loading code. */

import type { Command } from './command.ts'

export interface Entry {
  readonly name: string
  readonly summary: string
  load(): Promise<Command>
}

export const commands: readonly Entry[] = [
  {
    name: 'serve',
    summary: 'enforces the policies on a port',
    load: async () => (await import('./serve.ts')).serve,
  },
  {
    name: 'check',
    summary: 'finds everything that is wrong with the policies',
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'routes',
    summary: 'shows every route with its guards and destination',
    load: async () => (await import('./routes.ts')).routes,
  },
  {
    name: 'token',
    summary: 'mints a token of a builtin issuer, for trying things out',
    load: async () => (await import('./token.ts')).token,
  },
  {
    name: 'schema',
    summary: 'writes the JSON Schema of policy files, for editors',
    load: async () => (await import('./schema.ts')).schema,
  },
  {
    name: 'openapi',
    summary: 'writes the OpenAPI document of the policies, or a policy of such a document',
    load: async () => (await import('./openapi.ts')).openapi,
  },
  {
    name: 'audit',
    summary: 'proves the audit log, shows its records and its keys',
    load: async () => (await import('./audit.ts')).audit,
  },
  {
    name: 'secrets',
    summary: 'tells whether the secrets that the policies name are there and fit',
    load: async () => (await import('./secrets.ts')).secrets,
  },
  {
    name: 'users',
    summary: 'makes, lists, disables and unlocks the accounts that log in',
    load: async () => (await import('./users.ts')).users,
  },
  {
    name: 'tokens',
    summary: 'takes tokens back before they expire, on every server',
    load: async () => (await import('./tokens.ts')).tokens,
  },
  {
    name: 'api-keys',
    summary: 'makes, lists and revokes the keys by which programs call in the name of an account',
    load: async () => (await import('./api-keys.ts')).apiKeys,
  },
  {
    name: 'keys',
    summary: 'lists, rotates and revokes the keys that sign tokens, and seals accounts anew',
    load: async () => (await import('./keys.ts')).keys,
  },
  {
    name: 'init',
    summary: 'makes a policy directory to start from',
    load: async () => (await import('./init.ts')).init,
  },
  {
    name: 'attack',
    summary: 'asks a running server what its policies forbid, and what they allow',
    load: async () => (await import('./attack.ts')).attack,
  },
  {
    name: 'types',
    summary: 'writes TypeScript types of what handlers get',
    load: async () => (await import('./types.ts')).types,
  },
]
