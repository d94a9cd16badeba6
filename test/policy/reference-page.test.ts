import { existsSync, readdirSync } from 'node:fs'
import test from 'ava'
import { guards } from '../../src/guards/index.ts'
import { handlers } from '../../src/handlers/index.ts'
import { diagnose } from '../../src/policy/inspect.ts'
import { referencePage } from '../../src/policy/reference-page.ts'
import { folderOf } from './folder.ts'

const root = new URL('../../', import.meta.url)
const hintsOf = (...args: Parameters<typeof folderOf>) => diagnose(folderOf(...args)).map(({ hint }) => hint)

test('names the page of a block wherever the block stands', (t) => {
  for (const { name } of [...guards, ...handlers]) {
    const pages = [
      ['routes', 'GET /', name],
      ['defaults', name, 0],
      ['profiles', 'p', name],
    ].map(referencePage)
    t.is(new Set(pages).size, 1)
    t.true(existsSync(new URL(String(pages[0]), root)), name)
  }
})

test('names the page of a section for all else', (t) => {
  const pages = readdirSync(new URL('docs/reference/sections/', root))
  for (const name of pages.map((page) => page.slice(0, -'.md'.length)))
    t.is(referencePage(name === 'schemas' ? [name] : [name, 'x', 'y']), `docs/reference/sections/${name}.md`)
  t.is(referencePage(['routes', 'cors', 'deprecated']), 'docs/reference/sections/routes.md')
  t.is(referencePage(['schemas', 'Sku', 'type']), 'docs/reference/input-schemas.md')
  t.is(referencePage(['settings', 'cors', 'cors']), 'docs/reference/sections/settings.md')
  for (const path of [[], ['host'], ['__proto__']]) t.is(referencePage(path), 'docs/reference/sections/file.md')
})

test('a value of a wrong form leads to the page that tells the right one', (t) => {
  const text = `
settings: { listen: { port: 99999 } }
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 0, per: 1s }] }
routes: { GET /: { deprecated: [], builtin: health } }
`
  t.deepEqual(hintsOf(t, { 'shop.yaml': text }), [
    'its form is told in docs/reference/sections/settings.md',
    'its form is told in docs/reference/blocks/rate-limit.md',
    'its form is told in docs/reference/sections/routes.md',
  ])
})
