/** `node:http` as `require` gives it: who imports it loads Node's own undici for its `WebSocket` too, 12 MB and some 30 ms. */

export const { createServer, IncomingMessage, ServerResponse, STATUS_CODES, validateHeaderName, validateHeaderValue } =
  process.getBuiltinModule('node:http')
