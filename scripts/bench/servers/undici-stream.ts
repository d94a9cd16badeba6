/** Node's HTTP server and undici's stream: what a proxy on Node costs before any policy. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Pool } from 'undici'
import { port, upstream } from '../agreed.ts'

const pool = new Pool(upstream, { connections: 64 })

createServer((req: IncomingMessage, res: ServerResponse) => {
  const { connection: _, host: __, ...headers } = req.headers
  const options = { path: req.url ?? '/', method: 'POST', headers, body: req, opaque: res } as const
  pool.stream(
    options,
    ({ statusCode, headers }) => res.writeHead(statusCode, headers),
    (error) => {
      if (error) res.destroy(error)
    },
  )
}).listen(port, '127.0.0.1')
