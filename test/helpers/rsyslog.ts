/** A real rsyslogd that takes RFC 5425 on a free port and asks for a certificate. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Certificates } from './certificates.ts'
import { freePort } from './free-port.ts'

export interface Rsyslog {
  readonly port: number
  /** What it has written so far, a message a line, the parts of its head between bars. */
  lines(): readonly string[]
}

export async function startRsyslog(t: ExecutionContext, { ca, server }: Certificates): Promise<Rsyslog> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-rsyslog-'))
  const port = await freePort()
  for (const [name, pem] of Object.entries({ ca, cert: server.cert, key: server.key }))
    writeFileSync(join(folder, `${name}.pem`), pem)
  writeFileSync(join(folder, 'rsyslog.conf'), configuration(folder, port))
  const files = ['-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')]
  const child = spawn('rsyslogd', ['-n', ...files], { stdio: 'ignore' })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })
  await once(child, 'spawn')
  await untilListening(port)
  return { port, lines: () => read(join(folder, 'out.log')) }
}

const configuration = (folder: string, port: number): string => `
global(workDirectory="${folder}" maxMessageSize="64k" defaultNetstreamDriver="gtls"
  defaultNetstreamDriverCAFile="${folder}/ca.pem"
  defaultNetstreamDriverCertFile="${folder}/cert.pem" defaultNetstreamDriverKeyFile="${folder}/key.pem")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/name"
  permittedPeer=["gate"])
input(type="imtcp" address="127.0.0.1" port="${port}")
template(name="parts" type="string"
  string="%pri%|%timereported:::date-rfc3339%|%app-name%|%procid%|%msgid%|%structured-data%|%msg%\\n")
action(type="omfile" file="${folder}/out.log" template="parts")
`

function read(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(0, -1)
  } catch {
    return []
  }
}

/** It says nowhere that it listens. */
async function untilListening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) return
    await new Promise((turn) => setTimeout(turn, 20))
  }
}
