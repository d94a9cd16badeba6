/** Checks what only a server of our own cannot do: go on to an app behind the gate, or judge certificates that nobody is asked for. */

import type { Diagnostic } from '../core/diagnostic.ts'
import { isNext } from '../handlers/next.ts'
import { locate } from './findings.ts'
import type { Policy } from './policy.ts'
import { checkClientCertificates } from './rules/client-certificates.ts'
import { allRules } from './rules/index.ts'

export const checkStandalone = (policy: Policy): readonly Diagnostic[] => [
  ...checkNext(policy),
  ...checkClientCertificates(policy).map((finding) => locate(finding, allRules)),
]

/** The routes whose destination is `handler: next`, as errors: nothing stands behind a gate that runs by itself. */
const checkNext = ({ routes }: Policy): readonly Diagnostic[] =>
  routes
    .flatMap(({ destinations, key }) => destinations.map((destination) => ({ ...destination, key })))
    .filter(({ handler, value }) => handler.name === 'handler' && isNext(value))
    .map(({ at, key }) =>
      locate(
        { rule: 'handler/no-app', at, message: `\`${key}\` goes on to an app, and there is none behind this gate` },
        allRules,
      ),
    )
