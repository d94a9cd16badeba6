/** Findings at opening quote policies, never what their secrets hold. */

import test from 'ava'
import { PolicyRefused } from '../../src/policy/findings.ts'
import { openGate } from '../helpers/gate.ts'

const reportOf = async (policy: string): Promise<string> => {
  const refused = await openGate({ 'a.yaml': policy }).catch((error: unknown) => error)
  if (!(refused instanceof PolicyRefused)) throw refused
  return refused.diagnostics.map(({ rule, message, hint }) => `${rule} ${message} (${hint})`).join('\n')
}

const route = '  GET /: { authenticate: public, reply: { body: ok } }'

test('names the reference where a message would quote the secret', async (t) => {
  process.env.PORTCULLIS_SECRET_CONCEALED = 'q8Zr3Xv7-not-an-address'
  const network = await reportOf(`defaults: { network: ['\${secret:concealed}'] }\nroutes:\n${route}\n`)
  t.regex(network, /network\/invalid-cidr .*`\$\{secret:concealed\}`/)
  t.false(network.includes('q8Zr3Xv7'))
  const proxies = await reportOf(`settings: { trustedProxies: ['\${secret:concealed}'] }\nroutes:\n${route}\n`)
  t.regex(proxies, /settings\/invalid-cidr/)
  t.false(proxies.includes('q8Zr3Xv7'))
})

test('names the reference where a message would quote a part of the secret', async (t) => {
  process.env.PORTCULLIS_SECRET_UPSTREAM = 'http://127.0.0.1:9/s3cr3t-p4th'
  const report = await reportOf("upstream: '${secret:upstream}'\nroutes:\n  GET /: { authenticate: public }\n")
  t.regex(report, /upstream\//)
  t.false(report.includes('s3cr3t'))
})
