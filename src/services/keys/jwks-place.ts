/** Where an issuer publishes its keys, and how that server is known to be the right one. */

import { type Infer, object, string, union } from '../../schema/builder.ts'
import { type OutgoingTls, outgoingTls } from '../tls/outgoing.ts'

const url = string({ minLength: 1, description: 'The URL of the JWK set.' })

export const jwksSchema = union([url, object({ url, ...outgoingTls })], {
  description:
    'Where the issuer publishes its keys, as a JWK set: a URL, or beside it who vouches for the server, and what it is shown.',
})

export interface JwksPlace extends OutgoingTls {
  readonly url: string
}

export const readJwksPlace = (written: Infer<typeof jwksSchema>): JwksPlace =>
  typeof written === 'string' ? { url: written } : written

/** The same for whoever calls, and another one where somebody else vouches for the server. */
export const placeId = ({ url, ca, serverName }: JwksPlace): string => JSON.stringify([url, ca, serverName])
