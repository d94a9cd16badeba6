/** `portcullis secrets check`: reads each secret from where the server would, and tells what can be told of it. */

import { inspect } from '../../policy/inspect.ts'
import { secretSettings } from '../../policy/secret-settings.ts'
import { type SecretState, type SurveyedSecret, surveySecrets } from '../../tools/secrets/survey.ts'
import { type Call, text, UsageFault } from '../command.ts'
import { type Paint, paintFor } from '../paint.ts'
import { printable } from '../printable.ts'
import { readValues } from '../values.ts'

const writers: Readonly<Record<string, (secrets: readonly SurveyedSecret[]) => string>> = {
  text: (secrets) => textOf(secrets, paintFor(process.stdout)),
  json: (secrets) => `${JSON.stringify(secrets, null, 2)}\n`,
}

export async function checkSecrets({ operands, directory, flags }: Call): Promise<number> {
  const format = text(flags.format) ?? 'text'
  const write = Object.hasOwn(writers, format) ? writers[format] : undefined
  if (write === undefined) throw new UsageFault(`expected \`--format text\` or \`--format json\`, got \`${format}\``)
  const named = text(flags.policies)
  if (named !== undefined && operands.length > 1)
    throw new UsageFault('expected `[policy-dir]` or `--policies`, got both')
  const policy = inspect(named ?? directory, readValues(flags.values))
  const secrets = await surveySecrets(policy, await secretSettings(policy))
  process.stdout.write(write(secrets))
  return statusOf(secrets)
}

/** What is wrong for sure counts more than what nobody can tell. */
function statusOf(secrets: readonly SurveyedSecret[]): number {
  if (secrets.some(({ state }) => state === 'missing' || state === 'unfit')) return 1
  return secrets.some(({ state }) => state === 'away') ? 3 : 0
}

const colours = { ok: 'green', missing: 'red', unfit: 'red', away: 'yellow' } as const satisfies Record<
  SecretState,
  string
>

function textOf(secrets: readonly SurveyedSecret[], paint: Paint): string {
  if (secrets.length === 0) return 'the policies name no secret\n'
  const width = Math.max(...secrets.map(({ name }) => name.length))
  return secrets.map((secret) => blockOf(secret, width, paint)).join('')
}

function blockOf({ name, state, place, length, facts, problems, used }: SurveyedSecret, width: number, paint: Paint) {
  const about = [place, ...(length === undefined ? [] : [length]), ...facts].join('; ')
  const lines = [
    `${paint(colours[state], state.padEnd(8))}${name.padEnd(width)}  ${about}`,
    ...problems.map((problem) => `${' '.repeat(8)}${paint('yellow', problem)}`),
    `${' '.repeat(8)}${paint('dim', used.join(', '))}`,
  ]
  return lines.map((line) => `${line.split('\x1b').map(printable).join('\x1b')}\n`).join('')
}
