/** Checks what depends on whose server the gate stands in: an app behind it, and a listener that asks clients for certificates. */

import type { Diagnostic } from '../core/diagnostic.ts'
import { isNext } from '../handlers/next.ts'
import { locate, sortDiagnostics } from './findings.ts'
import type { Parsed } from './parse.ts'
import type { Policy } from './policy.ts'
import { clientCertificates } from './rules/client-certificates.ts'
import { allRules } from './rules/index.ts'

/** The diagnostics of a gate with a listener of its own, sorted. */
export const ofOwnServer = ({ policy, diagnostics }: Parsed): readonly Diagnostic[] =>
  sortDiagnostics([...diagnostics, ...checkNext(policy)])

/** The diagnostics of a gate in the server of somebody else, whose listener asks for certificates or does not. */
export const ofMounted = ({ diagnostics }: Parsed): readonly Diagnostic[] =>
  diagnostics.filter(({ rule }) => !Object.hasOwn(clientCertificates.rules, rule))

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
