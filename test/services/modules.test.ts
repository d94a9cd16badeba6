import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { StartFault } from '../../src/core/start-fault.ts'
import { importExport, importFunction, moduleFault } from '../../src/services/modules.ts'

/** A folder of these files, gone when the test ends. */
async function folderOf(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-modules-'))
  t.teardown(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

async function faultOf(t: ExecutionContext, importing: Promise<unknown>): Promise<string> {
  const fault = await t.throwsAsync(importing, { instanceOf: StartFault })
  return fault?.message ?? ''
}

test('imports what a module exports by name, in TypeScript and JavaScript', async (t) => {
  const folder = await folderOf(t, {
    'orders.ts': 'export const find: (id: string) => string = (id) => id\nexport default 3\n',
    'a b#.mjs': 'export const $x_1 = 1',
    'old.cjs': 'exports.find = () => 2',
  })
  t.is((await importFunction('./orders.ts#find', folder))(...(['x'] as never[])), 'x')
  t.is(await importExport('./orders.ts#default', folder), 3)
  t.is((await importFunction('./old.cjs#find', folder))(), 2)
})

test('imports from a folder beside', async (t) => {
  const folder = await folderOf(t, { 'orders.js': 'export const find = 1' })
  await mkdir(join(folder, 'inner'))
  t.is(await importExport('../orders.js#find', join(folder, 'inner')), 1)
})

for (const reference of [
  'orders.ts#find',
  './orders.ts',
  './orders.ts#',
  './orders.ts#a.b',
  './orders.ts#a#b',
  './orders.json#find',
  './orders#find',
  '/etc/orders.ts#find',
  'file:///orders.ts#find',
  'https://shop.example/orders.ts#find',
  'data:text/javascript,1#find',
  'node:fs#readFile',
  './orders.ts?x=1#find',
  './%2e%2e/orders.ts#find',
  '.\\orders.ts#find',
  './orders.ts#find\n',
  '',
]) {
  test(`refuses ${JSON.stringify(reference)}`, async (t) => {
    const folder = await folderOf(t, { 'orders.ts': 'export const find = 1' })
    t.is(moduleFault(reference, folder), `expected \`./file.ts#export\`, got \`${reference}\``)
    t.regex(
      await faultOf(t, importExport(reference, folder)),
      /^cannot import `[\s\S]*`: expected `\.\/file\.ts#export`/,
    )
  })
}

test('tells a missing file, and a folder in its place, without running anything', async (t) => {
  const folder = await folderOf(t, {})
  await mkdir(join(folder, 'folder.ts'))
  t.is(moduleFault('./none.ts#find', folder), `expected a file at \`${join(folder, 'none.ts')}\`, found none`)
  t.regex(moduleFault('./folder.ts#find', folder) ?? '', /found none/)
  t.regex(
    await faultOf(t, importExport('./none.ts#find', folder)),
    /^cannot import `\.\/none\.ts#find`: expected a file/,
  )
})

test('tells what a module throws while it is imported, and where', async (t) => {
  const folder = await folderOf(t, {
    'throws.ts': "export const find = 1\nthrow new RangeError('no database')\n",
    'odd.mjs': 'throw 7',
    'syntax.mjs': 'export const find = {\n',
    'lost.mjs': "import './nowhere.mjs'\nexport const find = 1",
  })
  const place = join(folder, 'throws.ts')
  t.is(
    await faultOf(t, importExport('./throws.ts#find', folder)),
    `cannot import \`./throws.ts#find\`: RangeError: no database (${place}:2); mend the module and start again`,
  )
  t.regex(await faultOf(t, importExport('./odd.mjs#find', folder)), /it threw `7` \(.*odd\.mjs\)/)
  t.regex(await faultOf(t, importExport('./syntax.mjs#find', folder)), /SyntaxError: .* \(.*syntax\.mjs(:\d+)?\)/)
  t.regex(await faultOf(t, importExport('./lost.mjs#find', folder)), /nowhere\.mjs/)
})

test('tells what a module exports where the name is missing', async (t) => {
  const folder = await folderOf(t, { 'orders.mjs': 'export const findOrder = 1, list = 2', 'empty.mjs': '' })
  t.regex(
    await faultOf(t, importExport('./orders.mjs#finOrder', folder)),
    /does not export `finOrder`; did you mean `findOrder`\?$/,
  )
  t.regex(
    await faultOf(t, importExport('./orders.mjs#remove', folder)),
    /does not export `remove`, but `findOrder`, `list`; export it/,
  )
  t.regex(await faultOf(t, importExport('./empty.mjs#toString', folder)), /does not export `toString`, but nothing/)
})

test('tells what is exported in place of a function', async (t) => {
  const folder = await folderOf(t, { 'orders.mjs': 'export const find = { a: 1 }, none = null' })
  t.regex(await faultOf(t, importFunction('./orders.mjs#find', folder)), /expected a function, got `object`/)
  t.regex(await faultOf(t, importFunction('./orders.mjs#none', folder)), /expected a function, got `null`/)
})
