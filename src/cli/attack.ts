/** `portcullis attack`: asks a running server what its policies forbid, and what they allow. */

import { isLoopbackHost } from '../core/address.ts'
import { inspect } from '../policy/inspect.ts'
import { Records, withoutRecords } from '../tools/attack/on-record.ts'
import { planAttack } from '../tools/attack/plan.ts'
import { runAttack } from '../tools/attack/run.ts'
import { termsOf } from '../tools/attack/terms.ts'
import { authoritiesOf } from './attack/authorities.ts'
import { formats } from './attack/formats.ts'
import { asUsage } from './audit/as-usage.ts'
import { type Call, defineCommand, text, UsageFault } from './command.ts'
import { paintFor } from './paint.ts'
import { readValues } from './values.ts'

export const attack = defineCommand({
  operands: ['URL', '[policy-dir]'],
  example: 'portcullis attack http://127.0.0.1:8080 ./policies',
  options: {
    token: {
      type: 'string',
      value: 'ISSUER=TOKEN',
      multiple: true,
      description: 'A good token of an issuer that is not `builtin`; may be repeated.',
    },
    'api-key': { type: 'string', value: 'KEY', description: 'An API key of an account, for routes that take one.' },
    session: {
      type: 'string',
      value: 'COOKIE',
      description: 'The value of a session cookie, for routes that take one.',
    },
    audit: {
      type: 'string',
      value: 'DIR',
      description: 'The audit log of the server, where it is at hand: what was let in has to be on record there.',
    },
    'read-only': { type: 'boolean', description: 'Sends nothing that changes something and is let through.' },
    confirm: {
      type: 'string',
      value: 'HOST',
      description: 'The host of the URL once more, where it is not this machine.',
    },
    rate: { type: 'string', value: 'N', description: 'Requests a second at most; 200 unless told.' },
    max: { type: 'string', value: 'N', description: 'Requests in all; 10000 unless told.' },
    patience: {
      type: 'string',
      value: 'SECONDS',
      description: 'How long limits are waited for, in all; 60 unless told.',
    },
    format: { type: 'string', value: 'FORMAT', description: 'How the result is written: `text`, `json` or `junit`.' },
    values: { type: 'string', value: 'FILE', description: 'Values in place of the declared ones.' },
  },
  exits: {
    0: 'everything that was tried is as the policies say',
    1: 'something is not, or the policies have errors',
    2: 'wrong usage, or a host that was not confirmed',
    3: 'the server cannot be reached',
  },
  async run({ operands: [address = ''], directory, flags }) {
    const format = findFormat(text(flags.format) ?? 'text')
    const url = readUrl(address, text(flags.confirm))
    const policy = inspect(directory, readValues(flags.values))
    const authorities = await authoritiesOf(policy, readTokens(flags.token))
    const accounts = { apiKey: text(flags['api-key']), session: text(flags.session) }
    const terms = termsOf(policy, { url, authorities, accounts, writes: flags['read-only'] !== true })
    const bounds = {
      rate: readNumber(flags, 'rate', 200),
      most: readNumber(flags, 'max', 10_000),
      patience: readNumber(flags, 'patience', 60),
    }
    const log = text(flags.audit)
    const records = log === undefined ? undefined : await asUsage(() => Records.open(log))
    const answers = await runAttack(url, planAttack(policy, terms), bounds)
    const report = records === undefined ? withoutRecords(answers) : await asUsage(() => records.addTo(answers))
    process.stdout.write(format(report, { url: url.origin, paint: paintFor(process.stdout) }))
    return report.findings.length > 0 ? 1 : 0
  },
})

function readUrl(address: string, confirmed: string | undefined): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.pathname !== '/' ||
    url.search !== '' ||
    url.username !== ''
  )
    throw new UsageFault(`expected the address of a server, such as \`http://127.0.0.1:8080\`, got \`${address}\``)
  if (isLoopbackHost(url.hostname) || confirmed === url.hostname) return url
  throw new UsageFault(
    `\`${url.hostname}\` is not this machine: if you may attack it, say \`--confirm ${url.hostname}\``,
  )
}

function findFormat(name: string) {
  const found = Object.hasOwn(formats, name) ? formats[name] : undefined
  if (found !== undefined) return found
  throw new UsageFault(`expected \`--format\` to be one of ${Object.keys(formats).join(', ')}, got \`${name}\``)
}

function readTokens(flag: Call['flags'][string]): ReadonlyMap<string, string> {
  const given = Array.isArray(flag) ? flag : []
  return new Map(
    given.map((pair: string) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new UsageFault('expected `--token ISSUER=TOKEN`')
      return [pair.slice(0, at), pair.slice(at + 1)] as const
    }),
  )
}

function readNumber(flags: Call['flags'], name: string, otherwise: number): number {
  const written = text(flags[name])
  if (written === undefined) return otherwise
  if (/^\d{1,6}$/.test(written)) return Number(written)
  throw new UsageFault(`expected \`--${name}\` to be a whole number, got \`${written}\``)
}
