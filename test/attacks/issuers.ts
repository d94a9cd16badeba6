/** Two issuers of the attacked policies, and tokens of them. */

import { createSecretKey } from 'node:crypto'
import { craft } from '../fixtures/tokens/craft.ts'
import { pem, rsa } from '../fixtures/tokens/keys.ts'

export const shopSecret = 'Hk3!pQz8-vTm5_Yw2rXn7.Jb4cGd9sLf6aUe1iKoRhVtPyNxMzBq'
process.env.ATTACKS_SHOP_SECRET = shopSecret
process.env.ATTACKS_CORP_KEY = pem(rsa)

/** `shop` shares a secret, `corp` has an RSA key. */
export const issuers = {
  shop: {
    issuer: 'https://shop.example/',
    audience: ['api', 'narrow'],
    algorithms: ['HS256'],
    secret: '${env:ATTACKS_SHOP_SECRET}',
  },
  corp: {
    issuer: 'https://corp.example/',
    audience: 'api',
    algorithms: ['RS256'],
    publicKeys: ['${env:ATTACKS_CORP_KEY}'],
  },
}

/** The section as a policy writes it. */
export const issuersPolicy = `\nissuers: ${JSON.stringify(issuers)}\n`

export type Claims = Readonly<Record<string, unknown>>

const registered = (iss: string): Claims => ({ iss, aud: 'api', sub: 'ada', exp: Math.floor(Date.now() / 1000) + 600 })

/** A good token of `shop`, with further claims. */
export const shopToken = (claims: Claims = {}): string =>
  craft({
    algorithm: 'HS256',
    key: createSecretKey(Buffer.from(shopSecret)),
    claims: { ...registered('https://shop.example/'), ...claims },
  })

/** A good token of `corp`, with further claims. */
export const corpToken = (claims: Claims = {}): string =>
  craft({
    algorithm: 'RS256',
    key: rsa.privateKey,
    claims: { ...registered('https://corp.example/'), ...claims },
  })
