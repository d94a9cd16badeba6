import { registerHooks } from 'node:module'
import test from 'ava'
import { loadCommonPasswords } from '../../../../src/services/accounts/passwords/common-passwords.ts'

test('lists that could not be loaded are loaded by the next who asks, once', async (t) => {
  const hooks = registerHooks({
    load: (url, context, next) => {
      if (url.endsWith('/long-common-passwords.ts')) throw new Error('too many open files')
      return next(url, context)
    },
  })
  await t.throwsAsync(loadCommonPasswords(), { message: 'too many open files' })
  hooks.deregister()
  const [one, other] = await Promise.all([loadCommonPasswords(), loadCommonPasswords()])
  t.true(one.has('worldofwarcraft'))
  t.is(one, other)
})
