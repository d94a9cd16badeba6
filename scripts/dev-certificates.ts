/**
 * `npm run certificates [-- FOLDER --name HOST --client NAME --force]`: certificates for development, made by openssl. An
 * authority that counts for this machine's names alone, a server's certificate and a client's; and what to write to use them.
 */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const days = '365'
const files = ['ca.crt', 'ca.key', 'tls.crt', 'tls.key', 'client.crt', 'client.key']
const addresses = { '127.0.0.1': '255.255.255.255', '0:0:0:0:0:0:0:1': Array(8).fill('ffff').join(':') }

interface Wanted {
  readonly folder: string
  /** Host names, beside the addresses of this machine. */
  readonly names: readonly string[]
  readonly client: string
}

/** What each certificate is for; who has the key of the authority can still impersonate nobody else. */
const extensions = ({ names }: Wanted): string => `
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
nameConstraints = critical, @permitted
[permitted]
${names.map((name, index) => `permitted;DNS.${index} = ${name}`).join('\n')}
${Object.entries(addresses)
  .map(([address, mask], index) => `permitted;IP.${index} = ${address}/${mask}`)
  .join('\n')}
[tls]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = ${[...names.map((name) => `DNS:${name}`), ...Object.keys(addresses).map((address) => `IP:${address}`)].join(', ')}
[client]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
`

function makeIn(folder: string, wanted: Wanted): void {
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256', '-config', 'openssl.cnf']
  const authority = ['-x509', '-days', days, '-subj', '/CN=Portcullis development', '-extensions', 'ca']
  writeFileSync(join(folder, 'openssl.cnf'), extensions(wanted))
  openssl('req', ...authority, ...key, '-keyout', 'ca.key', '-out', 'ca.crt')
  for (const [name, commonName] of [
    ['tls', wanted.names[0]],
    ['client', wanted.client],
  ]) {
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${commonName}`)
    const signed = [
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      days,
      '-extfile',
      'openssl.cnf',
      '-extensions',
      `${name}`,
    ]
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...signed)
  }
}

/** What is there already stays, until all that replaces it is made. */
function make(wanted: Wanted): void {
  const { folder } = wanted
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const made = mkdtempSync(join(folder, '.new-'))
  try {
    process.umask(0o077)
    makeIn(made, wanted)
    for (const file of files) renameSync(join(made, file), join(folder, file))
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

function tell({ folder, client }: Wanted): void {
  const here = relative('.', folder) || '.'
  const from = relative(resolve('policies'), folder)
  const line = (name: string, file: string) => `    ${name}: '\${file:${join(from, file)}}'\n`
  process.stdout.write(`made ${files.join(', ')} in ${here}, for ${days} days

For ./policies (the last two lines ask clients for a certificate; \`authenticate: mtls\` knows this one as \`${client}\`):

settings:
  tls:
${line('cert', 'tls.crt')}${line('key', 'tls.key')}${line('clientCa', 'ca.crt')}    clientCert: optional

Then:

curl --cacert ${join(here, 'ca.crt')} --cert ${join(here, 'client.crt')} --key ${join(here, 'client.key')} https://localhost:8080/health
`)
}

const hostName = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i
/** A name with a dot would be taken for a host, which the authority does not count for. */
const clientName = /^[a-z0-9_-]{1,64}$/i

function readArguments(): Wanted & { readonly force: boolean } {
  const options = {
    name: { type: 'string', multiple: true },
    client: { type: 'string' },
    force: { type: 'boolean' },
  } as const
  const { positionals, values } = parseArgs({ allowPositionals: true, options })
  const { name = [], client = 'client', force = false } = values
  const names = [...new Set(['localhost', ...name.map((written) => written.toLowerCase())])]
  for (const written of names) if (!hostName.test(written)) throw new Error(`expected a host name, got \`${written}\``)
  if (!clientName.test(client))
    throw new Error(`expected letters, digits, \`_\` and \`-\` for --client, got \`${client}\``)
  if (positionals.length > 1) throw new Error('expected one folder')
  return { folder: resolve(positionals[0] ?? 'data/certificates'), names, client, force }
}

function run(): void {
  const { force, ...wanted } = readArguments()
  const kept = files.filter((file) => existsSync(join(wanted.folder, file)))
  if (kept.length > 0 && !force)
    throw new Error(
      `${relative('.', join(wanted.folder, kept[0] ?? ''))} is there already: --force makes all of them anew`,
    )
  make(wanted)
  tell(wanted)
}

try {
  run()
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  process.stderr.write(`dev-certificates: ${code === 'ENOENT' ? 'openssl is not installed' : message}\n`)
  process.exitCode = 1
}
