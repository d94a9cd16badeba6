/** What each route lets in, by method and path: made from the policies by `portcullis types`, and not to be edited. */

export type Sku = string

export interface Inputs {
  'DELETE /admin/shops/:shop/cache': {
    readonly params: {
      readonly shop: string
    }
  }
  'GET /admin/shops/:shop/orders': {
    readonly params: {
      readonly shop: string
    }
  }
  'GET /docs': Record<never, never>
  'GET /health': Record<never, never>
  'GET /metrics': Record<never, never>
  'GET /openapi.json': Record<never, never>
  'GET /orders': Record<never, never>
  'GET /orders/:id': {
    readonly params: {
      readonly id: string
    }
  }
  'GET /products': {
    readonly query: {
      readonly q?: string
      readonly page: number
    }
  }
  'GET /products/:sku': {
    readonly params: {
      readonly sku: Sku
    }
  }
  'GET /ready': Record<never, never>
  'GET /suppliers/*path': {
    readonly params: {
      readonly path: string
    }
    readonly query: Readonly<Record<string, string | readonly string[]>>
  }
  'POST /orders': {
    readonly body: {
      readonly lines: readonly {
        readonly sku: Sku
        readonly quantity: number
      }[]
      readonly note?: string
    }
  }
  'POST /orders/:id/cancel': {
    readonly params: {
      readonly id: string
    }
  }
  'POST /products/:sku/reviews': {
    readonly params: {
      readonly sku: Sku
    }
    readonly body: {
      readonly stars: number
      readonly text: string
    }
  }
}
