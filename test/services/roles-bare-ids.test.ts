import test from 'ava'
import { bareIdsOf } from '../../src/services/roles/bare-ids.ts'
import type { Conditions } from '../../src/services/roles/condition.ts'

const id = '${user.id}'
const issuer = '${user.issuer}'
const can = (when?: Conditions) => bareIdsOf({ can: 'read', subject: 'Order', ...(when && { when }) })
const cannot = (when: Conditions) => bareIdsOf({ cannot: 'read', subject: 'Order', when })

test('finds the attributes that are compared with the id alone', (t) => {
  t.deepEqual(can({ ownerId: id, shop: 'a' }), ['ownerId'])
  t.deepEqual(can({ members: { $in: ['a', id] } }), ['members'])
  t.deepEqual(can({ members: { $elemMatch: { id } } }), ['members'])
  t.deepEqual(can({ owner: 'corp|${user.id}' }), ['owner'])
  t.deepEqual(can({ ownerId: { $not: { $eq: id } } }), ['ownerId'])
  t.deepEqual(cannot({ ownerId: { $ne: id } }), ['ownerId'])
})

test('passes an id beside its issuer, wherever the two stand together', (t) => {
  t.deepEqual(can({ ownerId: id, ownerIssuer: issuer }), [])
  t.deepEqual(can({ owner: `${issuer}|${id}` }), [])
  t.deepEqual(can({ members: { $elemMatch: { id, issuer } } }), [])
  t.deepEqual(can({ $and: [{ ownerId: id }, { ownerIssuer: issuer }] }), [])
  t.deepEqual(can({ ownerIssuer: issuer, $or: [{ ownerId: id }, { reviewerId: id }] }), [])
})

test('looks at each alternative by itself', (t) => {
  const pair = { ownerId: id, ownerIssuer: issuer }
  t.deepEqual(can({ $or: [pair, { reviewerId: id }] }), ['reviewerId'])
  t.deepEqual(can({ $or: [{ ownerId: id }, { ownerIssuer: issuer }] }), ['ownerId'])
  t.deepEqual(can({ $or: [{ ownerIssuer: issuer }, { hostIssuer: issuer }], ownerId: id }), [])
})

test('takes alternatives together in what is forbidden to all but one', (t) => {
  t.deepEqual(cannot({ $or: [{ ownerId: { $ne: id } }, { ownerIssuer: { $ne: issuer } }] }), [])
})

test('passes over what reads no id, and what has faults of its own', (t) => {
  t.deepEqual(can(), [])
  t.deepEqual(can({ plan: '${user.claims.id}', tenant: issuer }), [])
  t.deepEqual(can({ $or: id, $and: { ownerId: id }, broken: '${user.id' }), [])
})
