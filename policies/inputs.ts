/** What each route lets in, by method and path: made from the policies by `portcullis types`, and not to be edited. */

export type Sku = string

export interface Inputs {
  'DELETE /admin/shops/:shop/cache': {
    readonly params: {
      readonly shop: string
    }
  }
  'DELETE /sessions/:id': {
    readonly params: {
      readonly id: string
    }
  }
  'GET /.well-known/jwks.json': Record<never, never>
  'GET /admin/shops/:shop/orders': {
    readonly params: {
      readonly shop: string
    }
  }
  'GET /docs': Record<never, never>
  'GET /health': Record<never, never>
  'GET /me': Record<never, never>
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
  'GET /sessions': Record<never, never>
  'GET /suppliers/*path': {
    readonly params: {
      readonly path: string
    }
    readonly query: Readonly<Record<string, string | readonly string[]>>
  }
  'POST /login': {
    readonly body: {
      readonly username: string
      readonly password: string
    }
  }
  'POST /logout': {
    readonly body: {
      readonly refresh_token?: string
      readonly all?: boolean
    } | undefined
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
  'POST /password': {
    readonly body: {
      readonly current: string
      readonly new: string
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
  'POST /refresh': {
    readonly body: {
      readonly refresh_token: string
    }
  }
  'POST /signin': {
    readonly body: {
      readonly username: string
      readonly password: string
    }
  }
}
