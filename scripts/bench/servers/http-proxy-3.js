/** http-proxy-3 by itself: no policy. */

import { Agent, createServer } from 'node:http'
import { createProxyServer } from 'http-proxy-3'
import { port, upstream } from '../agreed.ts'

const proxy = createProxyServer({ target: upstream, agent: new Agent({ keepAlive: true, maxSockets: 64 }) })

createServer((req, res) => proxy.web(req, res)).listen(port, '127.0.0.1')
