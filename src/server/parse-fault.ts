/** What node's HTTP parser and its timers refuse, in the words of the catalogue. */

import { type Denial, deny, malformed } from '../core/denial.ts'

const requestLine = malformed('Malformed request line')
const field = malformed('Malformed header field')
const length = malformed('Ambiguous Content-Length or Transfer-Encoding')
const chunk = malformed('Malformed chunked body')

/** By the code of the error that `clientError` brings. */
const denials: Readonly<Record<string, Denial>> = {
  ERR_HTTP_REQUEST_TIMEOUT: deny('request_timeout'),
  HPE_HEADER_OVERFLOW: deny('headers_too_large'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: deny('body_too_large'),
  HPE_INVALID_EOF_STATE: malformed('Request ended early'),
  HPE_INVALID_METHOD: malformed('Unknown method'),
  HPE_INVALID_URL: malformed('Malformed request target'),
  HPE_INVALID_VERSION: requestLine,
  HPE_INVALID_CONSTANT: requestLine,
  HPE_PAUSED_H2_UPGRADE: malformed('HTTP/2 is not spoken here'),
  HPE_INVALID_HEADER_TOKEN: field,
  HPE_UNEXPECTED_SPACE: field,
  HPE_LF_EXPECTED: field,
  HPE_INVALID_TRANSFER_ENCODING: length,
  HPE_INVALID_CONTENT_LENGTH: length,
  HPE_UNEXPECTED_CONTENT_LENGTH: length,
  HPE_INVALID_CHUNK_SIZE: chunk,
  HPE_CR_EXPECTED: chunk,
  HPE_STRICT: chunk,
}
const otherwise = deny('request_malformed')

/** The refusal for an error of the parser; one of an unknown code is a malformed request. */
export function readParseFault({ code = '' }: NodeJS.ErrnoException): Denial {
  return Object.hasOwn(denials, code) ? (denials[code] ?? otherwise) : otherwise
}
