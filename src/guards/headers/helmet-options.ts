/** The options of helmet, as a policy writes them. */

import type { Middleware } from 'koa'
import koaHelmet from 'koa-helmet'
import { array, boolean, number, object, record, type Schema, string, union, word } from '../../schema/builder.ts'

/** Off, on with helmet's own setting, or set. */
const adjustable = <T>(header: string, options: Schema<T>): Schema<boolean | T> =>
  union([boolean(), options], { description: `Whether \`${header}\` is sent, and how.` })
const toggle = (header: string) => boolean({ description: `Whether \`${header}\` is sent.` })

const policy = <const W extends readonly string[]>(header: string, words: W) =>
  adjustable(header, object({ policy: word(words, { description: `The value of \`${header}\`.` }) }))

const remove: Schema<null> = { json: { type: 'null', description: 'Takes a default directive away.' } }
const directives = record(union([string(), array(string()), remove]), {
  description: 'Directive → sources; keywords in single quotes, such as `"\'self\'"`.',
})

const contentSecurityPolicy = adjustable(
  'Content-Security-Policy',
  object({
    'useDefaults?': boolean({ description: "Starts from helmet's directives for pages; true unless told." }),
    'reportOnly?': boolean({
      description: 'Sends `Content-Security-Policy-Report-Only`: browsers report, and block nothing.',
    }),
    'directives?': directives,
  }),
)
const strictTransportSecurity = adjustable(
  'Strict-Transport-Security',
  object({
    'maxAge?': number({ description: 'Seconds; a year unless told.', minimum: 0 }),
    'includeSubDomains?': boolean({ description: 'True unless told.' }),
    'preload?': boolean({
      description: 'Asks browser vendors to put the host on their preload list; false unless told.',
    }),
  }),
)
const referrerPolicies = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
] as const
const referrer = word(referrerPolicies)
const referrerPolicy = adjustable(
  'Referrer-Policy',
  object({
    policy: union([referrer, array(referrer, { minItems: 1 })], {
      description: 'What pages tell of where a request comes from; of a list, browsers take the last they know.',
    }),
  }),
)
const xFrameOptions = adjustable(
  'X-Frame-Options',
  object({
    action: word(['deny', 'sameorigin'], { description: 'Who may frame a page: nobody, or pages of the same origin.' }),
  }),
)
const xDnsPrefetchControl = adjustable(
  'X-DNS-Prefetch-Control',
  object({ allow: boolean({ description: 'Whether browsers may look up the names of links ahead of a click.' }) }),
)
const xPermittedCrossDomainPolicies = adjustable(
  'X-Permitted-Cross-Domain-Policies',
  object({
    permittedPolicies: word(['none', 'master-only', 'by-content-type', 'all'], {
      description: 'Which cross-domain policy files Adobe clients may follow.',
    }),
  }),
)

/** Every option that helmet knows, under its older names as well: what works there is copied here. */
export const helmetOptions = object(
  {
    'contentSecurityPolicy?': contentSecurityPolicy,
    'crossOriginEmbedderPolicy?': policy('Cross-Origin-Embedder-Policy', [
      'require-corp',
      'credentialless',
      'unsafe-none',
    ]),
    'crossOriginOpenerPolicy?': policy('Cross-Origin-Opener-Policy', [
      'same-origin',
      'same-origin-allow-popups',
      'noopener-allow-popups',
      'unsafe-none',
    ]),
    'crossOriginResourcePolicy?': policy('Cross-Origin-Resource-Policy', ['same-origin', 'same-site', 'cross-origin']),
    'originAgentCluster?': toggle('Origin-Agent-Cluster'),
    'referrerPolicy?': referrerPolicy,
    'strictTransportSecurity?': strictTransportSecurity,
    'hsts?': strictTransportSecurity,
    'xContentTypeOptions?': toggle('X-Content-Type-Options'),
    'noSniff?': toggle('X-Content-Type-Options'),
    'xDnsPrefetchControl?': xDnsPrefetchControl,
    'dnsPrefetchControl?': xDnsPrefetchControl,
    'xDownloadOptions?': toggle('X-Download-Options'),
    'ieNoOpen?': toggle('X-Download-Options'),
    'xFrameOptions?': xFrameOptions,
    'frameguard?': xFrameOptions,
    'xPermittedCrossDomainPolicies?': xPermittedCrossDomainPolicies,
    'permittedCrossDomainPolicies?': xPermittedCrossDomainPolicies,
    'xPoweredBy?': boolean({ description: 'Whether `X-Powered-By` is taken away; true unless told.' }),
    'hidePoweredBy?': boolean({ description: 'Whether `X-Powered-By` is taken away; true unless told.' }),
    'xXssProtection?': toggle('X-XSS-Protection'),
    'xssFilter?': toggle('X-XSS-Protection'),
  },
  { description: "helmet's own options, over those of the preset." },
)

/** Helmet's options by name: its own type is a product of unions, over which the compiler takes minutes. */
export type HelmetChoices = Readonly<Record<string, unknown>>

/** The middleware of these options; throws where helmet refuses one. */
export const helmetWith = (choices: HelmetChoices): Middleware => koaHelmet(choices as Parameters<typeof koaHelmet>[0])

const olderNames: ReadonlyMap<string, string> = new Map([
  ['hsts', 'strictTransportSecurity'],
  ['noSniff', 'xContentTypeOptions'],
  ['dnsPrefetchControl', 'xDnsPrefetchControl'],
  ['ieNoOpen', 'xDownloadOptions'],
  ['frameguard', 'xFrameOptions'],
  ['permittedCrossDomainPolicies', 'xPermittedCrossDomainPolicies'],
  ['hidePoweredBy', 'xPoweredBy'],
  ['xssFilter', 'xXssProtection'],
])

/** The name that an option goes by today: helmet refuses two names of one option. */
export const currentName = (name: string): string => olderNames.get(name) ?? name

/** The options under their names of today, as koa-helmet takes them. */
export const readHelmet = (options: HelmetChoices = {}): HelmetChoices =>
  Object.fromEntries(Object.entries(options).map(([name, option]) => [currentName(name), option]))
