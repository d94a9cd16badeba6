import test from 'ava'
import type { AuthorizeBlock } from '../../src/guards/authorize/authorize.ts'
import { attributeMissing } from '../../src/policy/rules/attribute-missing.ts'
import { callerSupplied } from '../../src/policy/rules/caller-supplied.ts'
import { fieldUnset } from '../../src/policy/rules/field-unset.ts'
import { neverGranted } from '../../src/policy/rules/never-granted.ts'
import type { RoleRule } from '../../src/services/roles/rule.ts'

const read: AuthorizeBlock = { action: 'read', subject: 'Order' }
const own: RoleRule = { can: ['read', 'cancel'], subject: 'Order', when: { ownerId: '${user.id}' } }

test('wants every attribute that a rule may read', (t) => {
  const deep: RoleRule = {
    cannot: 'manage',
    subject: 'all',
    when: { $or: [{ 'shop.id': { $ne: '${resource.home}' } }, { ownerId: 1 }] },
  }
  const names = (block: AuthorizeBlock, rules = [own, deep]) =>
    attributeMissing.find(block, rules).map(({ message }) => /`(.*?)`/.exec(message)?.[1])
  t.deepEqual(names(read), ['ownerId', 'shop.id', 'home'])
  t.deepEqual(names({ ...read, resource: { ownerId: '${params.id}' } }), ['shop.id', 'home'])
  t.deepEqual(names({ ...read, resource: './orders.ts#find' }), [])
  t.deepEqual(names({ ...read, action: 'write' }, [own]), [])
  t.deepEqual(names({ ...read, subject: 'Item' }, [own]), [])
  t.deepEqual(names({ ...read, field: 'id' }, [{ ...own, fields: ['status'] }]), [])
  t.deepEqual(names({ ...read, resource: {} }, [{ ...own, when: { constructor: 1 } }]), ['constructor'])
})

test('points at the resource, or at the block where there is none', (t) => {
  t.deepEqual(attributeMissing.find(read, [own])[0]?.path, [])
  t.deepEqual(attributeMissing.find({ ...read, resource: {} }, [own])[0]?.path, ['resource'])
})

test('finds what the caller supplies and is compared with the user', (t) => {
  const find = (ownerId: string, rules: readonly RoleRule[] = [own]) =>
    callerSupplied.find({ ...read, resource: { ownerId } }, rules)
  for (const text of [
    '${body.owner}',
    '${query.owner}',
    '${headers.x-owner}',
    'a-${body.owner}',
    '${user.claims.orgs[query.org]}',
  ]) {
    t.deepEqual(
      find(text).map(({ rule, path }) => [rule, [...path]]),
      [['authorize/caller-supplied', ['resource', 'ownerId']]],
    )
  }
  for (const text of ['${params.owner}', '${user.id}', 'fixed', '${ip}']) t.deepEqual(find(text), [])
  t.deepEqual(find('${body.owner}', [{ ...own, when: { ownerId: { $in: ['a', 'b'] } } }]), [])
  t.is(find('${body.owner}', [{ ...own, when: { ownerId: { $not: { $in: ['${user.id}'] } } } }]).length, 1)
  t.deepEqual(find('${body.owner}', [{ ...own, subject: 'Item' }]), [])
  t.deepEqual(callerSupplied.find({ ...read, resource: './orders.ts#find' }, [own]), [])
})

test('finds what no role can do, with what was probably meant', (t) => {
  const hint = (block: AuthorizeBlock, rules: readonly RoleRule[] = [own]) =>
    neverGranted.find(block, rules).map((fault) => fault.hint)
  t.deepEqual(hint(read), [])
  t.deepEqual(hint({ ...read, subject: 'Ordr' }), ['did you mean `Order`?'])
  t.deepEqual(hint({ ...read, action: 'raed' }), ['did you mean `read`?'])
  t.deepEqual(hint(read, []), [undefined])
  t.deepEqual(hint(read, [{ cannot: 'read', subject: 'Order' }]), [undefined])
  t.deepEqual(hint(read, [{ can: 'manage', subject: 'all' }]), [])
})

test('finds rules for some fields on a route for the whole', (t) => {
  const rules: RoleRule[] = [own, { can: 'read', subject: 'Order', fields: ['id', 'status'] }]
  t.regex(fieldUnset.find(read, rules)[0]?.message ?? '', /only `id`, `status` of `Order`/)
  t.deepEqual(fieldUnset.find({ ...read, field: 'total' }, rules), [])
  t.deepEqual(fieldUnset.find(read, [{ cannot: 'read', subject: 'Order', fields: ['cost'] }]), [])
  t.deepEqual(fieldUnset.find(read, [own]), [])
})

test('passes over rules whose own faults are reported elsewhere', (t) => {
  const broken = [
    { subject: 'Order' },
    { can: 'read', subject: 'Order', when: { $or: 3, a: '${' } },
    { can: 'read', subject: 'Order', when: '${value:WHEN}' },
  ]
  for (const { find } of [attributeMissing, callerSupplied, neverGranted, fieldUnset]) {
    t.notThrows(() => find({ ...read, resource: { a: '${' } }, broken as unknown as RoleRule[]))
  }
})

test('leaves to the answer what is told from it', (t) => {
  const support: RoleRule = { can: 'read', subject: 'Order', fields: ['id'], when: { open: true } }
  const cut: AuthorizeBlock = { ...read, answer: '/items' }
  t.deepEqual(attributeMissing.find(cut, [own, support]), [])
  t.deepEqual(fieldUnset.find(cut, [support]), [])
  t.is(fieldUnset.find({ ...cut, answer: false }, [support]).length, 1)
  const supplied = { ...cut, resource: { ownerId: '${params.id}' } }
  t.deepEqual(
    attributeMissing.find(supplied, [own, support]).map(({ message }) => message.split(' ', 3)[2]),
    ['`open`'],
  )
})
