/** Node's HTTP server by itself: what no server on Node goes below. */

import { createServer } from 'node:http'
import { port } from '../agreed.ts'

const prefix = '/orders/'.length

createServer((req, res) => {
  req.resume().once('end', () => {
    const body = JSON.stringify({ id: req.url?.slice(prefix), accepted: true })
    res.writeHead(201, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body)
  })
}).listen(port, '127.0.0.1')
