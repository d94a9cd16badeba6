/** A secret that stands in a policy file as plain text. */

import { hasReference, itemsOf } from '../../core/expression.ts'
import { type AuthenticateBlock, methodsOf } from '../../guards/authenticate/method.ts'
import type { UpstreamOptions } from '../../handlers/upstream/checks.ts'
import type { Path } from '../../schema/schema.ts'
import type { WrittenAuditLog, WrittenTarget } from '../../services/audit/settings.ts'
import type { Finding } from '../findings.ts'
import type { Policy } from '../policy.ts'
import { below, type Place, placeKey } from '../source.ts'
import { defineRule } from './rule.ts'
import { auditSection } from './written-audit.ts'

const cause = 'A secret in a policy file is known to everyone who can read the repository.'
const hint = 'write `${secret:NAME}` and keep the value in the environment or a secrets folder'

const certificateKey = 'the key of the certificate'

export const plainSecret = defineRule({
  rules: {
    'issuers/plain-secret': { severity: 'error', cause, hint },
    'upstream/plain-secret': { severity: 'error', cause, hint },
    'authenticate/plain-secret': { severity: 'error', cause, hint },
    'audit/plain-secret': { severity: 'error', cause, hint },
    'settings/plain-secret': { severity: 'error', cause, hint },
  },
  check(policy) {
    const references = new Map(policy.references.map((reference) => [placeKey(reference.at), reference]))
    return secretsOf(policy).flatMap(({ rule, text, at, name }): readonly Finding[] => {
      const reference = references.get(placeKey(at))
      const written = reference === undefined ? !hasReference(text) : Boolean(reference.fallback)
      const what = reference === undefined ? name : `the default of ${name}`
      return written ? [{ rule, at, message: `${what} stands here as plain text` }] : []
    })
  },
})

interface WrittenSecret {
  readonly rule: string
  readonly text: unknown
  readonly at: Place
  /** As a message calls it. */
  readonly name: string
}

const secretsOf = (policy: Policy): readonly WrittenSecret[] => [
  ...issuerSecrets(policy),
  ...upstreamSecrets(policy),
  ...signatureSecrets(policy),
  ...auditSecrets(policy),
  ...adminSecrets(policy),
  ...tlsSecrets(policy),
  ...stateSecrets(policy),
  ...databaseSecrets(policy),
]

const issuerSecrets = ({ issuers }: Policy): readonly WrittenSecret[] =>
  issuers.flatMap(({ name, value: { secret, jwks }, at }) => {
    const rule = 'issuers/plain-secret'
    const key = typeof jwks === 'object' ? jwks.key : undefined
    return [
      ...(secret === undefined
        ? []
        : [{ rule, text: secret, at: below(at, 'secret'), name: `the secret of \`${name}\`` }]),
      ...(key === undefined ? [] : [{ rule, text: key, at: below(at, 'jwks', 'key'), name: certificateKey }]),
    ]
  })

const credentials = /^(authorization|cookie|x-api-key|.*-(secret|token|api-key))$/i

function upstreamSecrets({ routes }: Policy): readonly WrittenSecret[] {
  const blocks = routes.flatMap(({ destinations }) => destinations.filter(({ handler }) => handler.name === 'upstream'))
  const distinct = new Map(blocks.map((block) => [placeKey(block.at), block]))
  return [...distinct.values()].flatMap(({ value, at }) => {
    const { key, headers = {} } = (typeof value === 'object' ? (value ?? {}) : {}) as Partial<UpstreamOptions>
    const named = Object.entries(headers).filter(([name, text]) => credentials.test(name) && !text.includes('${'))
    return [
      ...(key === undefined ? [] : [upstreamSecret(key, below(at, 'key'), certificateKey)]),
      ...named.map(([name, text]) => upstreamSecret(text, below(at, 'headers', name), `\`${name}\``)),
    ]
  })
}

const upstreamSecret = (text: string, at: Place, name: string): WrittenSecret => ({
  rule: 'upstream/plain-secret',
  text,
  at,
  name,
})

/** Of webhooks, each block once, however many routes inherit it. */
function signatureSecrets({ routes }: Policy): readonly WrittenSecret[] {
  const blocks = routes.flatMap(({ blocks }) => blocks.get('authenticate') ?? [])
  const distinct = new Map(blocks.map((block) => [placeKey(block.at), block]))
  return [...distinct.values()].flatMap(({ value, at }) =>
    methodsOf(value as AuthenticateBlock).flatMap((method) => {
      if (method.kind !== 'signature') return []
      const { secret } = method.options
      const place = below(at, ...method.path, 'secret')
      const texts =
        typeof secret === 'string'
          ? [{ text: secret, at: place }]
          : secret.map((text, index) => ({ text, at: below(place, index) }))
      return texts.map((each) => ({ rule: 'authenticate/plain-secret', name: 'the secret of the signature', ...each }))
    }),
  )
}

const adminSecrets = ({ settings }: Policy): readonly WrittenSecret[] =>
  settings
    .filter(({ value: { admin } }) => admin !== undefined && !hasReference(admin))
    .map(({ value, at }) => ({
      rule: 'settings/plain-secret',
      text: value.admin?.token,
      at: below(at, 'admin', 'token'),
      name: 'the token of the admin listener',
    }))

const tlsSecrets = ({ settings }: Policy): readonly WrittenSecret[] =>
  settings.flatMap(({ value: { tls }, at }) => {
    if (tls === undefined || hasReference(tls)) return []
    const sni = hasReference(tls.sni) ? [] : Object.entries(tls.sni ?? {})
    const keys = [{ pair: tls, path: ['tls'] }, ...sni.map(([name, pair]) => ({ pair, path: ['tls', 'sni', name] }))]
    return keys.map(({ pair, path }) => ({
      rule: 'settings/plain-secret',
      text: pair.key,
      at: below(at, ...path, 'key'),
      name: certificateKey,
    }))
  })

/** The url, both passwords, and the key of the certificate. */
const stateSecrets = ({ settings }: Policy): readonly WrittenSecret[] =>
  settings.flatMap(({ value: { state }, at }) => {
    if (state === undefined || hasReference(state)) return []
    const rule = 'settings/plain-secret'
    const secret = (text: string | undefined, ...path: string[]): readonly WrittenSecret[] => {
      const name = path[0] === 'key' ? certificateKey : 'the password of Redis'
      return text === undefined ? [] : [{ rule, text, at: below(at, 'state', ...path), name }]
    }
    if (typeof state === 'string') return secret(withPassword(state))
    return [
      ...secret(withPassword(state.url), 'url'),
      ...secret(state.password, 'password'),
      ...secret(state.key, 'key'),
      ...secret(state.sentinel?.password, 'sentinel', 'password'),
    ]
  })

/** The url, the password, the key of the certificate, and those that fields are sealed with. */
const databaseSecrets = ({ settings }: Policy): readonly WrittenSecret[] =>
  settings.flatMap(({ value: { database }, at }) => {
    if (database === undefined) return []
    const secret = (text: string | undefined, name: string, ...path: Path): readonly WrittenSecret[] =>
      text === undefined ? [] : [{ rule: 'settings/plain-secret', text, at: below(at, 'database', ...path), name }]
    const password = 'the password of the database'
    if (typeof database === 'string') return secret(withPassword(database), password)
    return [
      ...secret(withPassword(database.url), password, 'url'),
      ...secret(database.password, password, 'password'),
      ...secret(database.key, certificateKey, 'key'),
      ...itemsOf(database.fieldKeys).flatMap((key, index) => secret(key, 'a field key', 'fieldKeys', index)),
    ]
  })

function auditSecrets(policy: Policy): readonly WrittenSecret[] {
  const { value, at } = auditSection(policy) ?? {}
  if (value === undefined || value === 'off' || at === undefined) return []
  return secretTexts(value)
    .filter(({ text }) => text !== undefined)
    .map(({ path, text, name }) => ({ rule: 'audit/plain-secret', text, at: below(at, ...path), name }))
}

interface SecretText {
  readonly path: Path
  readonly text: string | undefined
  readonly name: string
}

function secretTexts({ key, pseudonymKey, heads, copies }: WrittenAuditLog): readonly SecretText[] {
  return [
    { path: ['key'], text: key, name: 'the key of the log' },
    { path: ['pseudonymKey'], text: pseudonymKey, name: 'the key of pseudonyms' },
    ...objectsOf(heads?.publish).flatMap(([index, target]) => publisherTexts(target, ['heads', 'publish', index])),
    ...objectsOf(copies).map(([index, { syslog }]) => ({
      path: ['copies', index, 'syslog', 'key'],
      text: syslog.key,
      name: certificateKey,
    })),
  ]
}

const publisherTexts = ({ webhook, redis }: WrittenTarget, path: Path): readonly SecretText[] => [
  { path: [...path, 'webhook', 'token'], text: webhook?.token, name: 'the token of the webhook' },
  { path: [...path, 'webhook', 'key'], text: webhook?.key, name: certificateKey },
  { path: [...path, 'redis', 'url'], text: withPassword(redis?.url), name: 'the password of Redis' },
  { path: [...path, 'redis', 'key'], text: redis?.key, name: certificateKey },
]

/** The items of a list that are no words and stand there. */
const objectsOf = <T extends object>(list: readonly (string | T)[] = []): readonly (readonly [number, T])[] =>
  hasReference(list) ? [] : [...list.entries()].filter((entry): entry is [number, T] => typeof entry[1] === 'object')

/** A url that holds a password; others are no secret. */
const withPassword = (url: string | undefined): string | undefined =>
  /:\/\/[^@]*:.+@/s.test(url ?? '') ? url : undefined
