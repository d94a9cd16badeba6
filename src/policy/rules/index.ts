/** Every rule that `check` knows: those of blocks, sections and parsing, and those over several blocks. */

import type { Rules } from '../../core/diagnostic.ts'
import { guards } from '../../guards/index.ts'
import { handlers } from '../../handlers/index.ts'
import { issuerRules } from '../../services/keys/issuer.ts'
import { roleRules } from '../../services/roles/check-role.ts'
import { parseRules } from '../parse.ts'
import { settingsRules } from '../settings.ts'
import { ambiguousUser } from './ambiguous-user.ts'
import { anonymousRole } from './anonymous-role.ts'
import { answerFilter } from './answer-filter.ts'
import { attributeMissing } from './attribute-missing.ts'
import { auditEventNames } from './audit-events.ts'
import { auditKey } from './audit-key.ts'
import { auditRequired } from './audit-required.ts'
import { authentication } from './authentication.ts'
import { callerSupplied } from './caller-supplied.ts'
import { clientCertificates } from './client-certificates.ts'
import { cookieRoutes } from './cookie-routes.ts'
import { credentials } from './credentials.ts'
import { destination } from './destination.ts'
import { docsDocument } from './docs-document.ts'
import { expressions } from './expressions.ts'
import { fieldUnset } from './field-unset.ts'
import { fileBeyondBody } from './file-beyond-body.ts'
import { grantableScopes } from './grantable-scopes.ts'
import { identityRoutes } from './identity-routes.ts'
import { idleCost } from './idle-cost.ts'
import { limitIdentity } from './limit-identity.ts'
import { neverGranted } from './never-granted.ts'
import { patterns } from './patterns.ts'
import { plainSecret } from './plain-secret.ts'
import { publicUnlimited } from './public-unlimited.ts'
import { routesUnique } from './routes-unique.ts'
import type { PolicyRule } from './rule.ts'
import { secretCollision } from './secret-collision.ts'
import { sharedSchemas } from './shared-schemas.ts'
import { unsharedState } from './unshared-state.ts'
import { unused } from './unused.ts'
import { waitBeyondTimeout } from './wait-beyond-timeout.ts'
import { weakening } from './weakening.ts'
import { withoutRoutes } from './without-routes.ts'

/** The rules over several blocks. */
export const policyRules: readonly PolicyRule[] = [
  routesUnique,
  destination,
  docsDocument,
  identityRoutes,
  authentication,
  clientCertificates,
  credentials,
  anonymousRole,
  attributeMissing,
  callerSupplied,
  neverGranted,
  fieldUnset,
  answerFilter,
  ambiguousUser,
  cookieRoutes,
  publicUnlimited,
  weakening,
  grantableScopes,
  limitIdentity,
  idleCost,
  waitBeyondTimeout,
  fileBeyondBody,
  unsharedState,
  expressions,
  sharedSchemas,
  patterns,
  plainSecret,
  secretCollision,
  unused,
  withoutRoutes,
  auditEventNames,
  auditRequired,
  auditKey,
]

/** By id; the reference lists them, and each has a golden case. */
export const allRules: Rules = Object.assign(
  {},
  parseRules,
  settingsRules,
  issuerRules,
  roleRules,
  ...[...guards, ...handlers].map(({ rules }) => rules),
  ...policyRules.map(({ rules }) => rules),
)
