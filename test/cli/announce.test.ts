import test from 'ava'
import { summaryOf } from '../../src/cli/announce.ts'
import { program } from '../../src/cli/program.ts'
import { paragraphsOf, rowOf, tableOf } from '../../src/cli/route-table.ts'
import { suggestions } from '../../src/cli/suggestions.ts'
import { inspect } from '../../src/policy/inspect.ts'
import { writePolicies } from '../helpers/gate.ts'

const builtin = 'issuers: { shop: { builtin: true, audience: shop } }\n'
const foreign = "  corp: { issuer: 'https://corp/', audience: shop, algorithms: [ES256], jwks: 'https://corp/keys' }\n"
const ok = 'reply: { body: ok }'

const surroundings = (policies: string) => {
  const directory = writePolicies({ 'p.yaml': policies })
  const { routes, issuers } = inspect(directory)
  const command = (name: string, ...flags: readonly string[]) => ['portcullis', name, ...flags].join(' ')
  return { url: 'http://h', admin: undefined, workers: 1, directory, kept: undefined, routes, issuers, command }
}

test('suggests a call that passes, one that is refused, and the same with a token', (t) => {
  const around = surroundings(`${builtin}routes:
  GET /health: { authenticate: public, network: [10.0.0.0/8], ${ok} }
  GET /open: { authenticate: public, ${ok} }
  GET /mine: { authenticate: jwt, scopes: [a, b], ${ok} }
`)
  t.deepEqual(suggestions(around), [
    'curl -i http://h/open',
    'curl -i http://h/mine   # refused: it asks for a token',
    'TOKEN=$(portcullis token --sub alice --scopes a,b)',
    'curl -i -H "Authorization: Bearer $TOKEN" http://h/mine',
  ])
})

test('suggests no token that cannot be minted here', (t) => {
  const around = surroundings(`issuers:\n${foreign}routes:\n  GET /mine: { authenticate: jwt, ${ok} }\n`)
  t.deepEqual(suggestions(around), ['curl -i http://h/mine   # refused: it asks for a token'])
})

test('names the issuer where there are several to mint for', (t) => {
  const around = surroundings(`issuers:
  one: { builtin: true, audience: shop }
  two: { builtin: true, audience: shop }
routes:
  GET /mine: { authenticate: { jwt: { issuers: [two] } }, scopes: { any: [a, b] }, ${ok} }
  GET /other: { authenticate: { jwt: { issuers: [one] } }, network: [10.0.0.0/8], ${ok} }
`)
  t.is(suggestions(around)[1], 'TOKEN=$(portcullis token --sub alice --scopes a --issuer two)')
})

test('suggests no path that needs more than a path', (t) => {
  const around = surroundings(`routes:
  GET /:id: { authenticate: public, ${ok} }
  POST /new: { authenticate: public, rateLimit: [{ by: ip, limit: 1, per: 1m }], ${ok} }
  GET /search: { authenticate: public, input: { query: { q: { type: string, required: true } } }, ${ok} }
`)
  t.deepEqual(suggestions(around), [])
})

test('names the page that shows the API in a browser, where it asks for no token', (t) => {
  const pages = (authenticate: string) =>
    surroundings(`${builtin}routes:
  GET /openapi.json: { authenticate: public, builtin: openapi }
  GET /docs: { authenticate: ${authenticate}, builtin: docs }
`)
  t.true(summaryOf(pages('public'), (_, text) => text).includes('  In a browser: http://h/docs\n'))
  t.false(summaryOf(pages('jwt'), (_, text) => text).includes('browser'))
})

test('sums up what is open without a token, and what still holds its callers', (t) => {
  const around = surroundings(`${builtin}routes:
  GET /health: { authenticate: public, network: [10.0.0.0/8], ${ok} }
  GET /open: { authenticate: public, ${ok} }
  POST /open: { authenticate: [jwt, public], rateLimit: [{ by: ip, limit: 5, per: 1m }], ${ok} }
  GET /mine: { authenticate: jwt, ${ok} }
`)
  const text = summaryOf(around, (_, plain) => plain)
  t.regex(text, /enforces \S+ on http:\/\/h\n/)
  t.regex(
    summaryOf({ ...around, workers: 4 }, (_, plain) => plain),
    /on http:\/\/h, with 4 workers\n/,
  )
  t.true(
    text.includes(`
  4 routes, 3 of them open without a token:
    GET /health  from 10.0.0.0/8
    GET /open    everyone, without a limit
    POST /open   5/1m ip
`),
    text,
  )
  t.true(text.includes('Every route: portcullis routes\n'))
})

test('a long list is cut, a closed gate says so', (t) => {
  const many = Array.from({ length: 20 }, (_, n) => `  GET /${n}: { authenticate: public, ${ok} }\n`)
  t.true(summaryOf(surroundings(`routes:\n${many.join('')}`), (_, text) => text).includes('\n    and 8 more\n'))
  const closed = surroundings(`${builtin}routes:\n  GET /: { authenticate: jwt, ${ok} }\n`)
  t.true(summaryOf(closed, (_, text) => text).includes('1 route, none of them open without a token\n'))
})

test('tells each route as a row of a table, and as a paragraph for a narrow terminal', (t) => {
  const { routes } = surroundings(`${builtin}routes:
  GET /mine:
    authenticate: jwt
    scopes: [a, b]
    network: [10.0.0.0/8]
    rateLimit: [{ by: user, limit: { on: '\${user.claims.plan}', is: { pro: 9 }, else: 3 }, per: 1m }]
    ${ok}
`)
  const rows = routes.map(rowOf).map((row) => ({ ...row, source: 'p.yaml:3' }))
  t.is(
    tableOf(rows),
    `ROUTE      WHO  SCOPES  LIMITS       GUARDS   TO         SOURCE
GET /mine  jwt  a + b   3-9/1m user  network  reply 200  p.yaml:3
`,
  )
  t.is(
    paragraphsOf(rows),
    `GET /mine → reply 200
  who    jwt
  scopes a + b
  limits 3-9/1m user
  guards network
  p.yaml:3
`,
  )
})

test('tells of each credential whose it is, where it stands, and how its owner has to log in', (t) => {
  const { routes } = surroundings(`issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d }
  corp: { issuer: https://login.example/, audience: a, algorithms: [RS256], jwks: https://login.example/jwks.json }
routes:
  GET /a: { authenticate: [{ jwt: { issuers: [corp], acr: [mfa, key], maxAge: 5m } }, apiKey], ${ok} }
  POST /b: { authenticate: { signature: { header: X-Sig, secret: '\${secret:hook}' } }, ${ok} }
`)
  t.deepEqual(
    routes.map(rowOf).map(({ who }) => who),
    ['jwt (corp, acr mfa | key, login within 5m) or apiKey', 'signature (X-Sig)'],
  )
})

test('tells of a login by cookie, and of what guards it', (t) => {
  const text = `
issuers: { shop: { builtin: true, audience: shop-api, refreshTtl: 30d } }
routes:
  POST /login: { authenticate: public, rateLimit: [{ by: ip, limit: 10, per: 1m }], builtin: { login: cookie } }
  GET /me: { authenticate: session, builtin: me }
`
  const { routes, issuers } = inspect(writePolicies({ 'shop.yaml': text }))
  t.like(routes.map(rowOf), [
    { who: 'public', guards: 'input, csrf', to: 'builtin login (cookie)' },
    { who: 'session', guards: 'csrf', to: 'builtin me' },
  ])
  const lines = suggestions({ url: 'http://h', routes, issuers, command: () => '' })
  t.deepEqual(lines, ['curl -i http://h/me   # refused: it asks for a credential'])
})

test('says how to see what is on record, where a log is kept', (t) => {
  const around = surroundings(`routes:\n  GET /: { authenticate: public, ${ok} }\n`)
  const kept = (dir: string) =>
    summaryOf({ ...around, kept: { dir, id: 'a', waiting: () => 0, close: async () => {} } }, (_, text) => text)
  t.true(kept('data/audit').includes(`  On record: ${program} audit show\n`))
  t.true(kept('/var/my logs').includes(`  On record: ${program} audit show '/var/my logs'\n`))
  t.false(summaryOf(around, (_, text) => text).includes('On record'))
})
