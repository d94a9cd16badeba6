/** `portcullis keys`, in processes of its own: what it shows, does and refuses, and what of it is on record. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import test from 'ava'
import { runCommand, serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { until } from '../helpers/until.ts'
import { call, headerOf, openSite, type Site } from '../identity/site.ts'

const keys = ({ run }: Site, ...args: readonly string[]) => run('keys', ...args, '--policies', '.')

interface Row {
  readonly kid: string
  readonly algorithm: string
  readonly state: string
  readonly rest: readonly string[]
}

async function list(site: Site): Promise<readonly Row[]> {
  const { stdout } = await keys(site, 'list')
  const rows = stdout.split('\n').slice(0, -1)
  return rows.map((line) => {
    const [kid = '', algorithm = '', state = '', ...rest] = line.split('\t')
    return { kid, algorithm, state, rest }
  })
}

const fileOf = ({ cwd }: Site): string => join(cwd, 'shop.db')

/** Changes what no command does. */
function change(site: Site, sql: string): void {
  const database = new DatabaseSync(fileOf(site))
  database.exec(sql)
  database.close()
}

test.serial('before a server has made keys there are none to show, to rotate or to revoke', async (t) => {
  t.timeout(300_000)
  const site = await openSite(t)
  t.like(await keys(site, 'list'), { code: 0, stdout: '', stderr: '' })
  t.like(await keys(site, 'rotate'), {
    code: 1,
    stderr: 'portcullis: issuer `shop` has no keys yet: they are made when it first serves\n',
  })
  t.like(await keys(site, 'revoke', 'x'), { code: 1, stderr: 'portcullis: issuer `shop` has no key `x`\n' })
})

test.serial(
  'a rotation waits for caches unless it is told not to, and a revoked key is gone; all of it is on record',
  async (t) => {
    t.timeout(300_000)
    const site = await openSite(t)
    const served = await site.serve()
    const before = await list(site)
    t.deepEqual(before.map(({ state }) => state).sort(), ['current', 'next'])
    for (const { algorithm, rest } of before) {
      t.is(algorithm, 'ES256')
      t.regex(rest.join(' '), /^made=\d{4}-\S+Z from=(\d{4}-\S+Z)? until=$/)
    }
    const [current, next] = ['current', 'next'].map((state) => before.find((row) => row.state === state)?.kid ?? '')
    const early = await keys(site, 'rotate')
    t.is(early.code, 1)
    t.true(early.stderr.includes(`\`${next}\` comes next, and caches`), early.stderr)
    t.deepEqual(await list(site), before)
    const forced = await keys(site, 'rotate', '--now')
    t.is(forced.code, 0, forced.stderr)
    t.regex(
      forced.stdout,
      new RegExp(`^\`${next}\` signs from now on, on every server within \\d+ seconds; \`[\\w-]{43}\` comes next\n$`),
    )
    t.is((await list(site)).find(({ kid }) => kid === current)?.state, 'previous')
    change(site, `update portcullis_signing_keys set created_at = created_at - 3600000 where state = 'next'`)
    t.is((await keys(site, 'rotate')).code, 0, 'it was published for an hour')
    const revoked = await keys(site, 'revoke', current ?? '')
    t.is(revoked.code, 0, revoked.stderr)
    t.true((await list(site)).every(({ kid }) => kid !== current))
    t.is((await keys(site, 'revoke', current ?? '')).code, 1)
    const logs = join(site.cwd, 'data/audit')
    const recorded = () =>
      readdirSync(logs, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n'))
        .filter((line) => /"key\.(rotated|revoked|used)"/.test(line))
    const minted = (await site.run('token', '.', '--sub', 'alice')).stdout.trim()
    await until(() => recorded().length === 4)
    const { jti } = JSON.parse(Buffer.from(minted.split('.')[1] ?? '', 'base64url').toString())
    const used = recorded().filter(
      (line) => line.includes('"key.used"') && line.includes(jti) && line.includes('"alice"'),
    )
    t.is(used.length, 1)
    t.false(recorded().join('').includes(minted))
    t.is(recorded().filter((line) => line.includes('"key.revoked"') && line.includes(current ?? '-')).length, 1)
    const { stdout, stderr } = await served.end('SIGTERM')
    const secrets = new DatabaseSync(fileOf(site)).prepare('select private_key from portcullis_signing_keys').all()
    const said =
      [stdout, stderr, early, forced, revoked].map((each) => JSON.stringify(each)).join('') + recorded().join('')
    for (const { private_key } of secrets) t.false(said.includes(String(private_key)))
    t.false(/"d":/.test(said))
  },
)

test.serial('what servers rotate by themselves is on record once, and says why', async (t) => {
  t.timeout(300_000)
  const site = await openSite(t)
  await (await site.serve()).end('SIGTERM')
  const before = await list(site)
  const [from, to] = ['current', 'next'].map((wanted) => before.find(({ state }) => state === wanted)?.kid)
  const month = 31 * 86_400_000
  change(
    site,
    `update portcullis_signing_keys set created_at = created_at - ${month}, signs_from = signs_from - ${month}`,
  )
  const servers = await Promise.all([site.serve(), site.serve()])
  t.is((await list(site)).find(({ kid }) => kid === to)?.state, 'current')
  const logs = join(site.cwd, 'data/audit')
  const recorded = () =>
    readdirSync(logs, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n'))
      .filter((line) => line.includes('"key.rotated"'))
      .map((line) => JSON.parse(line))
  await until(() => recorded().length > 0)
  for (const { end } of servers) await end('SIGTERM')
  t.is(recorded().length, 1)
  const details = { issuer: 'shop', from, to, because: 'age' }
  t.like(recorded(), [{ event: 'key.rotated', outcome: 'done', operator: undefined, details }])
})

test.serial('a server whose database holds a key that it cannot open says which, and `revoke` mends it', async (t) => {
  t.timeout(300_000)
  const site = await openSite(t)
  await (await site.serve()).end('SIGTERM')
  const [{ kid } = { kid: '' }] = await list(site)
  change(site, `update portcullis_signing_keys set private_key = 'v1.stranger.${'A'.repeat(60)}' where kid = '${kid}'`)
  const refused = await site.run('serve', '.', '--port', '0')
  t.is(refused.code, 3)
  t.true(refused.stderr.includes(kid) && refused.stderr.includes('portcullis keys revoke'), refused.stderr)
  const minted = await site.run('token', '.', '--sub', 'alice')
  t.is(minted.code, 3)
  t.is((await list(site)).length, 2)
  t.is((await keys(site, 'revoke', kid)).code, 0)
  const served = await site.serve()
  const token = (await site.run('token', '.', '--sub', 'alice')).stdout.trim()
  t.is(await call(served, token), 200)
})

test.serial('fields are sealed anew while a server runs, and the old key can go', async (t) => {
  t.timeout(300_000)
  const site = await openSite(t, { hasAlice: true })
  await (await site.serve()).end('SIGTERM')
  const token = (await site.run('token', '.', '--sub', 'alice')).stdout.trim()
  site.write({ fieldKeys: ['other', 'one'] })
  const served = await site.serve()
  const rotated = await keys(site, 'rotate', '--fields')
  t.is(rotated.code, 0, rotated.stderr)
  // The root of look-ups, name, password and claims of the account, and two keys; the session of none.
  t.regex(rotated.stdout, /^[5-9] values were sealed with the first field key\n$/)
  t.like(await keys(site, 'rotate', '--fields'), { code: 0, stdout: '0 values were sealed with the first field key\n' })
  t.is(await call(served, token), 200)
  await served.end('SIGTERM')
  site.write({ fieldKeys: ['other'] })
  const alone = await site.serve()
  t.is(await call(alone, token), 200)
  await alone.end('SIGTERM')
  change(site, `update portcullis_signing_keys set private_key = 'v1.stranger.AAAA' where state = 'next'`)
  const faulty = await keys(site, 'rotate', '--fields')
  t.is(faulty.code, 1)
  t.regex(faulty.stderr, /`portcullis_signing_keys.private_key` of row `[\w-]{43}` cannot be opened/)
})

test.serial('wrong usage says what is expected, and nothing is opened', async (t) => {
  t.timeout(300_000)
  const builtin = 'builtin: true, audience: shop-api'
  const route =
    'routes: { GET /: { authenticate: public, rateLimit: [{ by: ip, limit: 9, per: 1s }], builtin: health } }'
  const cwd = writePolicies({
    'none/a.yaml': `issuers: { shop: { ${builtin} } }\n${route}\n`,
    'two/a.yaml': `issuers:\n  shop: { ${builtin}, refreshTtl: 30d }\n  staff: { ${builtin}, refreshTtl: 1d }\n${route}\n`,
  })
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /expected `list\|rotate\|revoke/],
    [['show'], /expected one of list, rotate, revoke, got `show`/],
    [['revoke'], /expected a key after `revoke`/],
    [['rotate', 'x'], /expected no key after `rotate`/],
    [['list', '--now'], /expected `--now` with `rotate` alone/],
    [['revoke', 'x', '--fields'], /expected `--fields` with `rotate` alone/],
    [['rotate', '--fields', '--now'], /expected one of/],
    [['list', '--policies', 'none'], /no `builtin` issuer has `refreshTtl`/],
    [['list', '--policies', 'two'], /expected `--issuer`, one of `shop`, `staff`/],
    [['list', '--policies', 'two', '--issuer', 'corp'], /expected `--issuer` to be one of `shop`, `staff`, got `corp`/],
    [['list', '--policies', 'nowhere'], /nowhere/],
  ]
  for (const [args, message] of wrong) {
    const ended = await runCommand(['keys', ...args], { cwd })
    t.is(ended.code, 2, args.join(' '))
    t.regex(ended.stderr, message)
  }
  t.deepEqual(readdirSync(cwd).sort(), ['none', 'two'])
  t.like(await runCommand(['keys', 'list', '--policies', 'two', '--issuer', 'staff'], { cwd }), { code: 0, stdout: '' })
})

test.serial('in development with nothing configured, `token` makes the keys that `serve` then accepts', async (t) => {
  t.timeout(300_000)
  const site = await openSite(t)
  const cwd = writePolicies({
    'policies/shop.yaml': `issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d, algorithms: [EdDSA] }
routes:
  GET /orders: { authenticate: jwt, rateLimit: [{ by: user, limit: 9, per: 1s }], reply: { status: 200 } }
`,
  })
  const minted = await runCommand(['token', '--sub', 'alice'], { cwd })
  t.is(minted.code, 0, minted.stderr)
  t.regex(minted.stderr, /^portcullis: made data\/field-key: /)
  t.is(headerOf(minted.stdout).alg as string, 'EdDSA')
  t.deepEqual(
    readdirSync(join(cwd, 'data')).filter((name) => name === 'dev-key'),
    [],
  )
  const served = await site.serve()
  t.is(await call(served, minted.stdout.trim()), 401, 'another database has other keys')
  const own = await serveCommand([], { cwd })
  t.teardown(() => void own.child.kill('SIGKILL'))
  t.is(await call(own, minted.stdout.trim()), 200)
})
