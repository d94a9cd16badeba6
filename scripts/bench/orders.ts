/** The bodies that the bench sends. */

const order = { sku: 'TE-0001', quantity: 2, price: 9.5, express: true, note: 'x'.repeat(120) }

/** About 200 bytes, and good. */
export const goodOrder = JSON.stringify(order)

const { sku: _, ...withoutSku } = order

/** Each must be answered 422. */
export const badOrders: readonly string[] = [
  { ...order, quantity: 0 },
  { ...order, quantity: '2' },
  { ...order, sku: 'te 1' },
  { ...order, admin: true },
  withoutSku,
].map((bad) => JSON.stringify(bad))
