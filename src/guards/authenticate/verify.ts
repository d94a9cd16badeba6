/** Finds the verifier of a token among a route's issuers, and narrows the audience. */

import { Denial } from '../../core/denial.ts'
import { StartFault } from '../../core/start-fault.ts'
import { refusal } from '../../services/keys/refusal.ts'
import { readIssuer } from '../../services/keys/token.ts'
import type { TokenVerifier, Verified } from '../../services/keys/verifier.ts'
import type { JwtOptions } from './jwt.ts'

export type Verify = (token: string) => Verified | Denial | Promise<Verified | Denial>

/** What a route asks of a token: one of its issuers', and for its audience. */
export function compileVerify({ issuers, audience }: JwtOptions, known: ReadonlyMap<string, TokenVerifier>): Verify {
  const verify = compileChoice((issuers ?? [...known.keys()]).map((name) => find(name, known)))
  if (audience === undefined) return verify
  const wanted = typeof audience === 'string' ? [audience] : audience
  const narrow = (verdict: Verified | Denial) =>
    verdict instanceof Denial || verdict.audience.some((name) => wanted.includes(name)) ? verdict : refusal.audience
  return (token) => {
    const verdict = verify(token)
    return verdict instanceof Promise ? verdict.then(narrow) : narrow(verdict)
  }
}

function find(name: string, known: ReadonlyMap<string, TokenVerifier>): TokenVerifier {
  const verifier = known.get(name)
  if (verifier === undefined)
    throw new StartFault(`\`authenticate\` names the issuer \`${name}\`, which no policy describes`)
  return verifier
}

/**
 * One issuer judges every token; among several the token's own `iss` picks the one that judges it. Where it picks none, the
 * first one refuses the token and says why.
 */
function compileChoice(verifiers: readonly TokenVerifier[]): Verify {
  const [first] = verifiers
  if (first === undefined) throw new StartFault('`authenticate: jwt` needs an issuer: add one to `issuers`')
  if (verifiers.length === 1) return (token) => first.verify(token)
  const byIssuer = new Map<unknown, TokenVerifier>(verifiers.map((verifier) => [verifier.issuer, verifier]))
  const twin = verifiers.find((verifier) => byIssuer.get(verifier.issuer) !== verifier)
  if (twin !== undefined)
    throw new StartFault(`two issuers of one route have \`issuer: ${twin.issuer}\`: keep one of them`)
  return (token) => (byIssuer.get(readIssuer(token)) ?? first).verify(token)
}
