/** `portcullis token`: mints a token of a builtin issuer, for trying things out. */

import { readDuration } from '../core/duration.ts'
import { suggest } from '../core/suggest.ts'
import { inspect } from '../policy/inspect.ts'
import type { Named, Policy } from '../policy/policy.ts'
import { systemClock } from '../services/clock.ts'
import { readDevKey } from '../services/keys/dev-key.ts'
import { hasStoredKeys, type IssuerBlock } from '../services/keys/issuer.ts'
import { type Minting, mintToken } from '../services/keys/mint.ts'
import { type Call, defineCommand, type Flag, text, UsageFault } from './command.ts'
import { spoken } from './spoken.ts'
import { readValues } from './values.ts'

export const token = defineCommand({
  example: 'portcullis token ./policies --sub alice --scopes orders:read,orders:write --ttl 1h',
  options: {
    sub: { type: 'string', value: 'ID', description: 'Whose token it is.' },
    scopes: { type: 'string', value: 'A,B', description: 'The scopes that it carries.' },
    roles: { type: 'string', value: 'A,B', description: 'The roles that it carries.' },
    claim: { type: 'string', value: 'NAME=JSON', multiple: true, description: 'A further claim; may be repeated.' },
    ttl: { type: 'string', value: '10m', description: "How long it lives; the issuer's `accessTtl` unless told." },
    issuer: { type: 'string', value: 'NAME', description: 'Which builtin issuer, where there are several.' },
    audience: { type: 'string', value: 'NAME', description: 'For whom, where the issuer has several audiences.' },
    values: { type: 'string', value: 'FILE', description: 'Values in place of the declared ones.' },
  },
  exits: {
    0: 'the token was written',
    1: 'the policies have errors',
    2: 'wrong usage, or no such `builtin` issuer',
    3: 'the key cannot be read or made, the database cannot be opened, or the issuer has no such audience',
  },
  async run({ directory, flags }) {
    const sub = text(flags.sub)
    if (!sub) throw new UsageFault('expected `--sub ID`')
    const policy = inspect(directory, readValues(flags.values))
    const { name, value: block } = builtinIssuer(policy, text(flags.issuer))
    const wishes = {
      scopes: list(flags.scopes),
      roles: list(flags.roles),
      claims: readClaims(flags.claim),
      ...readLimits(flags),
    }
    warnOfUnknown('scope', wishes.scopes, block.scopes)
    if (policy.roles.length > 0)
      warnOfUnknown('role', wishes.roles, [...new Set(policy.roles.map((role) => role.name))])
    const minting = { name, block, sub, ...wishes }
    process.stdout.write(`${await mint(minting, policy)}\n`)
    return 0
  },
})

/** With a stored key, the token is one of the database that the policies name, and servers on it accept it. */
const mint = async (minting: Minting, policy: Policy): Promise<string> =>
  hasStoredKeys(minting.block)
    ? (await import('./keys/mint-stored.ts')).mintStored(minting, policy)
    : mintToken(minting, await readDevKey('data', spoken), systemClock)

function builtinIssuer({ issuers }: Policy, wanted: string | undefined): Named<IssuerBlock> {
  const builtin = issuers.filter(({ value }) => value.builtin)
  const names = builtin.map(({ name }) => `\`${name}\``).join(', ')
  if (builtin.length === 0)
    throw new UsageFault('the policies have no issuer with `builtin: true`, and only such tokens can be minted here')
  if (wanted === undefined && builtin.length > 1) throw new UsageFault(`expected \`--issuer\`, one of ${names}`)
  const issuer = wanted === undefined ? builtin[0] : builtin.find(({ name }) => name === wanted)
  if (issuer === undefined) throw new UsageFault(`expected \`--issuer\` to be ${names}, got \`${wanted}\``)
  return issuer
}

/** What stands between commas. */
export const list = (flag: Flag): readonly string[] =>
  text(flag)
    ?.split(/[\s,]+/)
    .filter(Boolean) ?? []

/** A word that no policy knows opens nothing: most likely it is misspelt. Said on stderr, the token is minted all the same. */
function warnOfUnknown(kind: string, given: readonly string[], known: readonly string[] = given): void {
  for (const word of given.filter((each) => !known.includes(each))) {
    const near = suggest(word, known)
    process.stderr.write(
      `portcullis: the policies know no ${kind} \`${word}\`${near ? `; did you mean \`${near}\`?` : ''}\n`,
    )
  }
}

function readLimits({ ttl, audience }: Call['flags']): { readonly ttlSeconds?: number; readonly audience?: string } {
  const limits = { ...(typeof audience === 'string' && { audience }) }
  if (typeof ttl !== 'string') return limits
  try {
    return { ...limits, ttlSeconds: Math.ceil(readDuration(ttl) / 1000) }
  } catch {
    throw new UsageFault(`expected \`--ttl\` to be a duration such as \`10m\`, got \`${ttl}\``)
  }
}

/** `plan=pro` is a text, `level=3` a number: what is no JSON is taken as it stands. */
export function readClaims(flag: Flag): Readonly<Record<string, unknown>> {
  const written = Array.isArray(flag) ? flag : []
  return Object.fromEntries(
    written.map((claim) => {
      const at = claim.indexOf('=')
      if (at < 1) throw new UsageFault(`expected \`--claim NAME=VALUE\`, got \`${claim}\``)
      return [claim.slice(0, at), readJson(claim.slice(at + 1))]
    }),
  )
}

function readJson(written: string): unknown {
  try {
    return JSON.parse(written)
  } catch {
    return written
  }
}
