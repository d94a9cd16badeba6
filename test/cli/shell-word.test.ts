import { execFileSync } from 'node:child_process'
import test from 'ava'
import { shellWord } from '../../src/cli/shell-word.ts'

test('a shell reads the text back as it was', (t) => {
  for (const text of ['policies', './a-b/c_1.yaml', 'a b', "it's", '$(id)', '`id`;x', 'ü "x"', '*', 'a\nb', ''])
    t.is(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' }), text)
})

test('a text is never an option', (t) => {
  t.is(shellWord('-x'), "'./-x'")
})

test('what needs no quotes has none', (t) => {
  t.is(shellWord('../policies/shop.yaml'), '../policies/shop.yaml')
})
