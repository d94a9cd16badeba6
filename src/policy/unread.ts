/** Findings that a file which cannot be read would explain: what they miss may well stand in it. */

const explained: ReadonlySet<string> = new Set([
  'policy/no-routes',
  'policy/secret-collision',
  'profiles/unknown',
  'audit/unknown-event',
  'values/unknown',
  'values/not-declared',
  'values/unused',
  'authenticate/no-issuer',
  'authenticate/unknown-issuer',
  'authorize/attribute-missing',
  'authorize/never-granted',
  'roles/unknown',
  'schemas/unknown',
  'issuers/unused',
  'profiles/unused',
  'roles/unused',
  'schemas/unused',
])

/** Whether a finding is worth telling; with a file missing, only those are that would stay. */
export const isTold = (rule: string, whole: boolean): boolean => whole || !explained.has(rule)
