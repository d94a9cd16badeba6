/** `node:http` as `require` gives it: who imports it loads Node's own undici for its `WebSocket` too, 3 MB that nobody uses. */

export const { createServer, IncomingMessage, ServerResponse, STATUS_CODES, validateHeaderName, validateHeaderValue } =
  process.getBuiltinModule('node:http')
