/** A login by cookie in clear, which no browser would keep: refused before anybody looks at the password. */

import test from 'ava'
import { codeOf, openBrowserSite, password, username } from './browser-site.ts'

test('a page in clear of another machine is told that it cannot log in, and no password is looked at', async (t) => {
  const { gate, records } = await openBrowserSite(t)
  const logIn = (headers: Readonly<Record<string, string>>, typed = password) =>
    gate.call('POST', '/login', {
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ username, password: typed }),
    })
  for (const host of ['shop.example', 'shop.example:8080', '192.0.2.1', '[2001:db8::1]', 'localhost.example']) {
    const answer = await logIn({ host, origin: `http://${host}` })
    t.deepEqual([answer.status, codeOf(answer)], [403, 'tls_required'], host)
    t.is(answer.headers['set-cookie'], undefined)
  }
  // The same whatever the password is: nobody guesses it so.
  const origin = { host: 'shop.example', origin: 'http://shop.example' }
  t.is(codeOf(await logIn(origin, 'not the one that it is')), 'tls_required')
  t.true(
    records.every(({ event }) => event === 'access.denied'),
    JSON.stringify(records),
  )
  t.regex(JSON.stringify(records[0]), /settings\.trustedProxies/)

  for (const host of ['localhost:8080', '127.0.0.1', '[::1]:8080', 'shop.localhost'])
    t.is((await logIn({ host, origin: `http://${host}` })).status, 200, host)
  // A proxy that ends TLS and is not named: the browser says that it came by TLS.
  t.is((await logIn({ host: 'shop.example', origin: 'https://shop.example' })).status, 200)
  t.is((await logIn({ host: 'shop.example', 'sec-fetch-site': 'same-origin' })).status, 200)
})
