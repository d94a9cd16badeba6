/** Secrets Manager behind an authority of one's own: an inspecting proxy, or a private endpoint. */

import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { AwsSecrets } from '../../../src/services/secrets/aws/aws.ts'
import { AwsFault } from '../../../src/services/secrets/aws/fault.ts'
import { readSecretSettings, type WrittenSecrets } from '../../../src/services/secrets/settings.ts'
import { makeCertificates } from '../../helpers/certificates.ts'
import { emptyFolder } from '../../helpers/gate.ts'
import { awsEnvironment, credentials, SecretsManagerServer } from '../../helpers/secrets-manager-server.ts'

Object.assign(process.env, awsEnvironment)

const { ca, local, server: otherName } = makeCertificates()
const stranger = makeCertificates().ca

async function start(t: ExecutionContext, own = local) {
  const server = await SecretsManagerServer.start(t, own)
  server.put('key', 'q8Zr3Xv7')
  const read = async (given: Partial<WrittenSecrets>): Promise<string> => {
    const written = { provider: 'aws', endpoint: server.endpoint, ...given } as const
    const secrets = new AwsSecrets(readSecretSettings(written))
    t.teardown(() => secrets.close())
    const call = { verifies: false, signal: AbortSignal.timeout(given.ca === ca && own === local ? 20_000 : 1_500) }
    return (await secrets.fetch('key', call)).current.reveal()
  }
  return { server, read }
}

test.serial('reads from a server that the authority vouches for', async (t) => {
  const { read } = await start(t)
  t.is(await read({ ca }), 'q8Zr3Xv7')
})

test.serial('asks nobody else, and says why', async (t) => {
  const { server, read } = await start(t)
  for (const given of [{}, { ca: stranger }]) {
    const fault = await t.throwsAsync(read(given), { instanceOf: AwsFault })
    t.regex(fault.message, /it cannot be reached: (UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET)/)
    t.is(fault.kind, 'away')
  }
  t.deepEqual(server.calls, [])
})

test.serial('asks no server of another name', async (t) => {
  const { server, read } = await start(t, otherName)
  await t.throwsAsync(read({ ca }), { message: /ERR_TLS_CERT_ALTNAME_INVALID/ })
  t.deepEqual(server.calls, [])
})

test.serial('no environment switches the verification off', async (t) => {
  const { server, read } = await start(t)
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.teardown(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED)
  await t.throwsAsync(read({}), { instanceOf: AwsFault })
  t.deepEqual(server.calls, [])
})

/** The Security Token Service, as far as a pod with a role asks it. */
const role = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/gate/x</Arn><AssumedRoleId>AROA:x</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>${credentials.AWS_ACCESS_KEY_ID}</AccessKeyId><SecretAccessKey>${credentials.AWS_SECRET_ACCESS_KEY}</SecretAccessKey>
<SessionToken>session</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>
</AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>`

test.serial('whoever gives the credentials of a role is vouched for by the same authority', async (t) => {
  const { read } = await start(t)
  const sts = createServer(local, (_req: IncomingMessage, res: ServerResponse) =>
    res.writeHead(200, { 'content-type': 'text/xml' }).end(role),
  )
  await once(sts.listen(0, '127.0.0.1'), 'listening')
  const token = join(emptyFolder(), 'token')
  writeFileSync(token, 'of-the-pod')
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key } = process.env
  Object.assign(process.env, {
    AWS_WEB_IDENTITY_TOKEN_FILE: token,
    AWS_ROLE_ARN: 'arn:aws:iam::1:role/gate',
    AWS_ENDPOINT_URL_STS: `https://localhost:${(sts.address() as AddressInfo).port}`,
  })
  delete process.env.AWS_ACCESS_KEY_ID
  delete process.env.AWS_SECRET_ACCESS_KEY
  t.teardown(() => {
    for (const name of ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN', 'AWS_ENDPOINT_URL_STS']) delete process.env[name]
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key })
    sts.closeAllConnections()
    sts.close()
    rmSync(token, { force: true })
  })
  t.is(await read({ ca }), 'q8Zr3Xv7')
})
