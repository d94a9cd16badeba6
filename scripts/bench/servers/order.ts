/** The five fields of an order, as yup describes them. */

import * as yup from 'yup'

export const order = yup
  .object({
    sku: yup
      .string()
      .strict()
      .matches(/^[A-Z0-9-]{4,32}$/)
      .required(),
    quantity: yup.number().strict().integer().min(1).max(999).required(),
    price: yup.number().strict().min(0).required(),
    express: yup.boolean().strict().required(),
    note: yup.string().strict().max(500),
  })
  .noUnknown()
  .strict()
