/** Validation of a good order: the product's schema engine beside yup and ajv. */

import { Ajv } from 'ajv'
import { compileSchema } from '../../../src/schema/compile.ts'
import type { JsonSchema } from '../../../src/schema/schema.ts'
import { goodOrder } from '../orders.ts'
import { order as yupOrder } from '../servers/order.ts'
import { duration, nanoseconds, type Part } from './part.ts'

const document = {
  type: 'object',
  required: ['sku', 'quantity', 'price', 'express'],
  properties: {
    sku: { type: 'string', pattern: '^[A-Z0-9-]{4,32}$' },
    quantity: { type: 'integer', minimum: 1, maximum: 999 },
    price: { type: 'number', minimum: 0 },
    express: { type: 'boolean' },
    note: { type: 'string', maxLength: 500 },
  },
} as const satisfies JsonSchema

export function measureSchema(): Part {
  const order = JSON.parse(goodOrder)
  const own = compileSchema(document)
  const ajv = new Ajv().compile({ ...document, additionalProperties: false })
  const figures = [
    nanoseconds(200_000, () => own.check(order)),
    nanoseconds(200_000, () => ajv(order)),
    nanoseconds(5_000, () => yupOrder.validateSync(order)),
  ]
  return { part: 'schema of five fields, a good body: ours · ajv · yup', figure: figures.map(duration).join(' · ') }
}
