/** Secrets Manager for tests: its protocol (AWS JSON 1.1, SigV4) on a port of this machine, with versions, stages and faults. */

import { createHash, createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { ExecutionContext } from 'ava'

/** Who may call. */
export const credentials = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI-example-key' }

/** What the SDK of a process under test finds in its environment, and nothing of this machine. */
export const awsEnvironment = {
  ...credentials,
  AWS_REGION: 'eu-central-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
}

interface Version {
  readonly id: string
  readonly value: string | Buffer
  readonly created: number
  readonly stages: Set<string>
}

export interface SeenCall {
  readonly operation: string
  readonly name: string
  readonly stage: string | undefined
}

/** How it behaves; a function is asked for each call. */
type Mood = 'well' | 'throttled' | 'denied' | 'failing' | 'garbage' | 'cut' | 'empty' | 'silent'

export class SecretsManagerServer {
  readonly calls: SeenCall[] = []
  mood: Mood | ((call: SeenCall) => Mood) = 'well'
  endpoint = ''
  readonly #secrets = new Map<string, Version[]>()
  readonly #scheme: 'http' | 'https'
  readonly #server: ReturnType<typeof createServer>

  /** Listens on a free port until the test is over. */
  static async start(t: Pick<ExecutionContext, 'teardown'>, tls?: TlsOptions): Promise<SecretsManagerServer> {
    const server = new SecretsManagerServer(tls)
    await server.listen(0)
    t.teardown(() => server.stop())
    return server
  }

  /** By https, under the name `localhost`, where it is told its side of TLS. */
  constructor(tls?: TlsOptions) {
    const meet = (req: IncomingMessage, res: ServerResponse) => void this.#meet(req, res)
    this.#scheme = tls === undefined ? 'http' : 'https'
    this.#server = tls === undefined ? createServer(meet) : createSecureServer(tls, meet)
  }

  async listen(port = Number(URL.parse(this.endpoint)?.port)): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await new Promise((listening) => this.#server.once('listening', listening))
    const { port: bound } = this.#server.address() as AddressInfo
    this.endpoint = `${this.#scheme}://${this.#scheme === 'http' ? '127.0.0.1' : 'localhost'}:${bound}`
  }

  /** From here on it shows another certificate. */
  secure(tls: TlsOptions): void {
    ;(this.#server as Server).setSecureContext(tls)
    this.#server.closeAllConnections()
  }

  /** From here on nobody listens. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((closed) => this.#server.close(closed))
  }

  /** Makes the secret, or gives it another value; the one before is AWSPREVIOUS then. */
  put(name: string, value: string | Buffer, created = Date.now()): void {
    this.#add(name, { id: randomUUID(), value, created, stages: new Set(['AWSPENDING']) })
    this.promote(name)
  }

  /** The first step of a rotation. */
  putPending(name: string, value: string): void {
    this.#add(name, { id: randomUUID(), value, created: Date.now(), stages: new Set(['AWSPENDING']) })
  }

  /** The last step of a rotation. */
  promote(name: string): void {
    const versions = this.#secrets.get(name) ?? []
    const find = (stage: string) => versions.find(({ stages }) => stages.has(stage))
    const [pending, current, previous] = [find('AWSPENDING'), find('AWSCURRENT'), find('AWSPREVIOUS')]
    previous?.stages.delete('AWSPREVIOUS')
    current?.stages.delete('AWSCURRENT')
    current?.stages.add('AWSPREVIOUS')
    pending?.stages.delete('AWSPENDING')
    pending?.stages.add('AWSCURRENT')
  }

  remove(name: string): void {
    this.#secrets.delete(name)
  }

  /** How often values were asked for. */
  gets(name: string, stage = 'AWSCURRENT'): number {
    return this.calls.filter((call) => call.name === name && call.stage === stage).length
  }

  #add(name: string, version: Version): void {
    const versions = this.#secrets.get(name) ?? []
    for (const { stages } of versions) stages.delete('AWSPENDING')
    this.#secrets.set(name, [...versions, version])
  }

  async #meet(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of req) body += chunk
    const { SecretId: name, VersionStage: stage } = JSON.parse(body)
    const operation = String(req.headers['x-amz-target']).replace('secretsmanager.', '')
    const call = { operation, name, stage: operation === 'GetSecretValue' ? (stage ?? 'AWSCURRENT') : undefined }
    this.calls.push(call)
    const mood = typeof this.mood === 'function' ? this.mood(call) : this.mood
    if (!isSigned(req, body)) fault(res, 'InvalidSignatureException', 'The signature does not match')
    else if (mood === 'well') this.#answer(res, call)
    else misbehave(res, mood)
  }

  #answer(res: ServerResponse, { operation, name, stage }: SeenCall): void {
    const versions = this.#secrets.get(name)
    const version = versions?.find(({ stages }) => stages.has(stage ?? ''))
    if (versions !== undefined && operation === 'DescribeSecret') answer(res, 200, describe(name, versions))
    else if (version !== undefined) answer(res, 200, describeValue(name, version))
    else fault(res, 'ResourceNotFoundException', `can't find the specified secret value for ${stage}`)
  }
}

const describeValue = (name: string, { id, value, created, stages }: Version): object => ({
  ...{ Name: name, VersionId: id, CreatedDate: created / 1000, VersionStages: [...stages] },
  ...(typeof value === 'string' ? { SecretString: value } : { SecretBinary: value.toString('base64') }),
})

const describe = (name: string, versions: readonly Version[]): object => ({
  Name: name,
  LastChangedDate: Math.max(...versions.map(({ created }) => created)) / 1000,
  RotationEnabled: versions.length > 1,
  VersionIdsToStages: Object.fromEntries(versions.map(({ id, stages }) => [id, [...stages]])),
})

function answer(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() })
  res.end(JSON.stringify(body))
}

const fault = (res: ServerResponse, type: string, message: string, status = 400): void =>
  answer(res, status, { __type: type, message, Message: message })

function misbehave(res: ServerResponse, mood: Exclude<Mood, 'well'>): void {
  if (mood === 'throttled') fault(res, 'ThrottlingException', 'Rate exceeded')
  else if (mood === 'denied') fault(res, 'AccessDeniedException', 'User: arn:aws:iam::1:user/x is not authorized')
  else if (mood === 'failing') fault(res, 'InternalServiceError', 'An error occurred on the server side.', 500)
  else if (mood === 'garbage') res.writeHead(200).end('<html>garbage-that-nobody-should-print</html>')
  else if (mood === 'empty') answer(res, 200, {})
  else if (mood === 'cut')
    res.writeHead(200, { 'content-length': 500 }).write('{"SecretString":"half-of-a-secret-val', () => res.destroy())
}

/** Signature Version 4, of the canonical request as it came. */
function isSigned(req: IncomingMessage, body: string): boolean {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/((\d{8})\/([^/]+)\/secretsmanager\/aws4_request), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/
  const [, id, scope = '', day = '', region = '', signed = '', signature] =
    pattern.exec(req.headers.authorization ?? '') ?? []
  if (id !== credentials.AWS_ACCESS_KEY_ID) return false
  const headers = signed.split(';').map((name) => `${name}:${String(req.headers[name]).trim()}\n`)
  const canonical = [req.method, '/', '', headers.join(''), signed, sha256(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', req.headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const steps = [day, region, 'secretsmanager', 'aws4_request']
  const key = steps.reduce<Buffer | string>(
    (last, step) => hmac(last, step),
    `AWS4${credentials.AWS_SECRET_ACCESS_KEY}`,
  )
  return hmac(key, text).toString('hex') === signature
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest()
