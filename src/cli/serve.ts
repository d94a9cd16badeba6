/** `portcullis serve`: load, check, compile, listen; SIGHUP loads anew, SIGTERM drains. */

import { type App, createApp } from '../app.ts'
import { readValues as readAgain } from '../library/options.ts'
import { accessLog } from '../server/access-log.ts'
import { openAdmin } from '../server/admin.ts'
import { listen } from '../server/listen.ts'
import { PolicyWatch } from '../server/policy-watch.ts'
import { Reloads } from '../server/reloads.ts'
import { untilShutdown } from '../server/shutdown.ts'
import { keepLog } from '../services/audit/keep-log.ts'
import { auditObserver } from '../services/audit/observe.ts'
import { createLog, type LogLevel, logLevels } from '../services/log.ts'
import { createWorld } from '../services/world.ts'
import { announce } from './announce.ts'
import { defineCommand, text, UsageFault } from './command.ts'
import { paintFor } from './paint.ts'
import { reportText } from './report/text.ts'
import { readValues } from './values.ts'

export const serve = defineCommand({
  example: 'portcullis serve ./policies --port 8080',
  options: {
    port: { type: 'string', value: 'PORT', description: 'In place of `settings.listen.port`; 0 takes a free one.' },
    host: { type: 'string', value: 'HOST', description: 'In place of `settings.listen.host`.' },
    values: { type: 'string', value: 'FILE', description: 'Values in place of the declared ones.' },
    watch: { type: 'boolean', description: 'Reloads when the policies change, as SIGHUP does.' },
    'log-level': {
      type: 'string',
      value: 'LEVEL',
      description: '`debug` logs allowed requests too; `info` unless told.',
    },
  },
  exits: {
    0: 'stopped by SIGTERM or SIGINT, after running requests ended',
    1: 'the policies have errors',
    2: 'wrong usage, or the policy directory cannot be read',
    3: 'could not start: the port, a key, a secret, a module or the audit log',
  },
  async run({ directory, flags }) {
    const listenOn = { host: text(flags.host), port: readPort(text(flags.port)) }
    const log = createLog({ pretty: process.stdout.isTTY, level: readLevel(text(flags['log-level'])) })
    const world = createWorld(log)
    const recorder = auditObserver(world)
    const values = text(flags.values)
    // A file that cannot be read is wrong usage at the start, and a refused reload later.
    readValues(flags.values)
    const reloading = prepareReloads({ directory, values, log, isWatching: flags.watch === true })
    const app = await createApp(directory, {
      values: () => (values === undefined ? undefined : readAgain({ values })),
      world,
      listenOn,
      observers: [accessLog(log), recorder],
    })
    showWarnings(app)
    const { limits, listen: address, audit, admin } = app.policy.settings
    const kept = audit && (await keepLog(audit, world))
    const { bareHead } = app
    const operated = admin && (await openAdmin(admin, { world, bareHead, reloads: reloading.reloads }))
    const server = await listen(app.koa.callback(), {
      ...address,
      limits,
      world,
      bareHead,
      unread: (refused) => recorder.unread(refused),
    })
    world.status.open()
    announce({ url: server.url, admin: operated?.url, directory, values, app, kept, log, stream: process.stdout })
    const keep = async (): Promise<void> => {
      recorder.close()
      await kept?.close()
    }
    reloading.begin(app)
    const close = async (graceMs: number): Promise<void> => {
      reloading.end()
      await server.close(graceMs)
      await operated?.close(lastCallsMs)
    }
    await untilShutdown({ server: { close }, status: world.status, log, keep })
    await app.close()
    await keep()
    await world.stores.close()
    await world.upstreams.close()
    return 0
  },
})

/** What still asks the admin listener when all else is drained gets this long, in milliseconds. */
const lastCallsMs = 1_000

function showWarnings(app: App): void {
  const warnings = app.warnings.filter(({ severity }) => severity === 'warning')
  if (warnings.length > 0) process.stderr.write(`${reportText(warnings, paintFor(process.stderr))}\n`)
}

interface Reloading extends Pick<ConstructorParameters<typeof PolicyWatch>[0], 'directory' | 'values' | 'log'> {
  readonly isWatching: boolean
}

/** From here on, SIGHUP and changes are taken note of; they are acted on once there is an app to reload. */
function prepareReloads({ isWatching, ...about }: Reloading) {
  const reloads = new Reloads(about.log, ({ files }) => watch?.follow(files))
  const watch = isWatching ? new PolicyWatch({ ...about, changed: () => void reloads.ask('watch') }) : undefined
  return {
    reloads,
    begin(app: App) {
      watch?.follow(app.files)
      reloads.begin(app)
    },
    end() {
      watch?.close()
      reloads.close()
    },
  }
}

function readLevel(level = 'info'): LogLevel {
  const known = logLevels.find((name) => name === level)
  if (known !== undefined) return known
  throw new UsageFault(`expected \`--log-level\` to be one of ${logLevels.join(', ')}, got \`${level}\``)
}

function readPort(port: string | undefined): number | undefined {
  if (port === undefined) return undefined
  const number = Number(port)
  if (/^\d{1,5}$/.test(port) && number <= 65_535) return number
  throw new UsageFault(`expected \`--port\` from 0 to 65535, got \`${port}\``)
}
