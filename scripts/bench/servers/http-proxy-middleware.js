/** http-proxy-middleware in Express: no policy. */

import { Agent } from 'node:http'
import express from 'express'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { port, upstream } from '../agreed.ts'

const app = express()
app.use(createProxyMiddleware({ target: upstream, agent: new Agent({ keepAlive: true, maxSockets: 64 }) }))
app.listen(port, '127.0.0.1')
