import test from 'ava'
import { array } from '../../src/schema/builder.ts'
import { compileSchema } from '../../src/schema/compile.ts'
import { roleSchema } from '../../src/services/roles/rule.ts'

const validator = compileSchema(array(roleSchema))

for (const rule of [
  { can: 'read', subject: 'Order' },
  { can: ['read', 'cancel'], subject: ['Order', 'Item'], fields: ['id', 'address.*'], because: 'they own it' },
  { cannot: 'manage', subject: 'all', when: { a: { $in: [1, null, 'x'] }, $or: [{ b: true }] } },
]) {
  test(`accepts ${JSON.stringify(rule)}`, (t) => t.is(validator.check([rule]).errors, undefined))
}

for (const [rule, path] of [
  [{ can: 'read' }, ['subject']],
  [{ can: 'read, cancel', subject: 'Order' }, ['can']],
  [{ can: [], subject: 'Order' }, ['can']],
  [{ can: 'read', subject: '' }, ['subject']],
  [{ can: 'read', subject: 'Order', fields: [] }, ['fields']],
  [{ can: 'read', subject: 'Order', when: [] }, ['when']],
  [{ can: 'read', subject: 'Order', conditions: {} }, ['conditions']],
] as const) {
  test(`refuses ${JSON.stringify(rule)}`, (t) => {
    t.deepEqual(
      validator.check([rule]).errors?.map((error) => error.path.slice(1)),
      [[...path]],
    )
  })
}
