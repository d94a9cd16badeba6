/** What the reference says of single words: keywords, transforms, roots of expressions, labels; the types hold them complete. */

import type { Root } from '../../src/core/expression.ts'
import type { KeywordName } from '../../src/schema/keywords.ts'
import type { Transform } from '../../src/schema/schema.ts'
import type { families } from '../../src/services/metrics/families.ts'

export const keywordWords: Readonly<Record<KeywordName, string>> = {
  $ref: "A shared schema: `'#/schemas/NAME'`, or a part of one.",
  type: 'What the value is. A list names several.',
  enum: 'The value is one of these.',
  const: 'The value is this one.',
  default: 'Stands in where the value is missing.',
  title: 'What people call it, also in messages.',
  description: 'For readers of the API.',
  examples: 'For readers of the API.',
  deprecated: 'For readers of the API; still judged.',
  transform: 'Cleans the text before it is judged, in this order. Ours, not of JSON Schema.',
  minLength: 'Characters at least.',
  maxLength: 'Characters at most.',
  pattern: 'An ECMAScript expression, unanchored, in Unicode mode. One whose time can explode is an error of `check`.',
  format: 'Asserted, see below.',
  minimum: 'At least this number.',
  maximum: 'At most this number.',
  exclusiveMinimum: 'More than this number.',
  exclusiveMaximum: 'Less than this number.',
  multipleOf: 'A multiple of this number, exactly also for decimals.',
  properties: 'Schemas of members by name.',
  required: 'Members that must be there.',
  additionalProperties: 'Whether, or as what, other members get in. `false` unless told: objects are closed.',
  propertyNames: 'A schema of the names.',
  minProperties: 'Members at least.',
  maxProperties: 'Members at most.',
  dependentRequired: 'Members that must be there beside another.',
  prefixItems: 'Schemas of the first items, by position.',
  items: 'A schema of the items, or of those after `prefixItems`. A list says it: `true` lets anything in.',
  minItems: 'Items at least.',
  maxItems: 'Items at most.',
  uniqueItems: 'No two items are equal.',
  allOf: 'All of these hold. The union of the branches is what is closed.',
  anyOf: 'One of these holds, or several.',
  oneOf: 'Exactly one of these holds.',
  not: 'This does not hold.',
}

export const transformWords: Readonly<Record<Transform, string>> = {
  trim: 'Takes white space off both ends.',
  lowercase: 'Writes it in lower case.',
  uppercase: 'Writes it in upper case.',
  nfc: 'Brings it into Unicode normalization form C.',
  stripControls: 'Takes control characters out, line breaks included.',
  escapeHtml: 'Writes `&`, `<`, `>`, `"` and `\'` as HTML entities.',
}

export const rootWords: Readonly<Record<Root, { readonly written: string; readonly means: string }>> = {
  user: {
    written: '`${user.id}`, `${user.issuer}`, `${user.claims.NAME}`',
    means: 'The caller; no value without a token.',
  },
  params: { written: '`${params.NAME}`', means: 'A parameter of the path.' },
  query: { written: '`${query.NAME}`', means: 'A query parameter that `input` declares.' },
  headers: { written: '`${headers.NAME}`', means: 'A request header; upper and lower case are the same.' },
  body: { written: '`${body.PATH}`', means: 'A member of the JSON body that `input` declares.' },
  ip: { written: '`${ip}`', means: "The client's address." },
  resource: { written: '`${resource.NAME}`', means: 'An attribute of what `authorize` loaded.' },
}

export const labelWords: Readonly<Record<string, string>> = {
  route: '`METHOD /pattern` as the policy writes it, never the raw path; `none` where no route was met',
  service: 'the `service` of the policy file; `none` where no route was met',
  method: 'the request method; `other` for one that no route can have',
  status: 'the status of the answer',
  le: 'the upper bound of the bucket, in seconds',
  guard: 'the block that decided',
  mode: '`enforced`, or `reportOnly`',
  part: '`field`, a member of a document, or `item`, a whole document',
  outcome:
    '`allow`, or `deny`; of a login `ok`, `failed`, `locked`, `unavailable`; of a refresh `ok`, `repeated`, or why not',
  limit: 'the identity of the limit: `[profile|service/][METHOD /path/]` and what it counts by',
  reason:
    '`full` where nobody more could wait, `late` where the wait was over; of what was shed, the one of `settings.limits`: `connections`, `requests`, `eventLoopDelay`',
  digest: 'SHA-256 over the policy files',
  certificate: '`default`, or the name of `settings.tls.sni`',
  publisher: '`stdout`, `webhook`, or `redis`',
  result:
    '`published`, or `failed` for an attempt that is made again; a head that never went out is `superseded` by a later one, `dropped` where too many waited, or `lost` at the end of the process',
  copy: '`stdout`, or `syslog`',
  server: 'host and port as the settings write them, or as the cluster tells them',
  answer: '`inTime`, `late` after the deadline, `failed`, or `skipped` where Redis was away and nobody asked',
}

interface Query {
  readonly asks: string
  readonly query: string
}

export const metricQueries: Readonly<Record<keyof typeof families, Query>> = {
  requests: {
    asks: 'The share of answers that are 5xx, by service; an alert above 0.01.',
    query:
      'sum by (service) (rate(portcullis_requests_total{status=~"5.."}[5m]))\n  / sum by (service) (rate(portcullis_requests_total[5m])) > 0.01',
  },
  durations: {
    asks: 'The 99th percentile by route, in seconds.',
    query: 'histogram_quantile(0.99, sum by (route, le) (rate(portcullis_request_duration_seconds_bucket[5m])))',
  },
  decisions: {
    asks: 'What a guard in `reportOnly` would have refused in a day: whether it can be enforced.',
    query: 'sum by (route, guard) (increase(portcullis_decisions_total{mode="reportOnly",outcome="deny"}[1d]))',
  },
  withheld: {
    asks: 'What answers lose, or under `reportOnly` would lose, in a day: whether clients still get what they need.',
    query: 'sum by (route, mode, part) (increase(portcullis_withheld_total[1d]))',
  },
  inFlight: { asks: 'Requests that pile up: the destination is slow.', query: 'portcullis_requests_in_flight > 500' },
  shed: {
    asks: 'Requests that are refused because there are too many: add nodes.',
    query: 'sum by (reason) (rate(portcullis_shed_total[5m])) > 0',
  },
  eventLoopDelay: {
    asks: 'Processes that hold up their requests: some handler or loader computes for long.',
    query: 'min_over_time(portcullis_event_loop_delay_seconds[5m]) > 0.1',
  },
  certificateExpiry: {
    asks: 'Certificates that are not renewed: less than a week is left.',
    query: 'portcullis_tls_certificate_expiry_timestamp_seconds - time() < 7 * 86400',
  },
  handshakeFailures: {
    asks: 'Clients that cannot speak to this server: a certificate that they do not trust, a version that is too old.',
    query: 'rate(portcullis_tls_handshake_failures_total[5m]) > 1',
  },
  stateUp: {
    asks: 'Nodes that cannot reach Redis.',
    query: 'min by (server) (portcullis_state_up) == 0',
  },
  stateCalls: {
    asks: 'The share of scripts that got no answer; an alert above 0.01.',
    query:
      'sum(rate(portcullis_state_calls_total{answer!="inTime"}[5m]))\n  / sum(rate(portcullis_state_calls_total[5m])) > 0.01',
  },
  stateDurations: {
    asks: 'The 99th percentile of answers, in seconds: compare with the deadline.',
    query: 'histogram_quantile(0.99, sum by (le) (rate(portcullis_state_duration_seconds_bucket[5m])))',
  },
  limitFallbacks: {
    asks: 'Limits that each node counts by itself, or not at all: the shared store does not answer.',
    query: 'sum by (limit, mode) (rate(portcullis_limit_fallbacks_total[5m])) > 0',
  },
  slotsInUse: {
    asks: 'Limits that are close to their end: compare with the `max` of each.',
    query: 'max by (limit) (max_over_time(portcullis_concurrency_in_use[10m]))',
  },
  slotsAwaited: {
    asks: 'Queues that do not empty: the destination is slower than what comes in.',
    query: 'min_over_time(portcullis_concurrency_waiting[5m]) > 0',
  },
  slotsMissed: {
    asks: 'How many a second are turned away, by limit.',
    query: 'sum by (limit, reason) (rate(portcullis_concurrency_missed_total[5m])) > 0',
  },
  slotsFallbacks: {
    asks: 'Shared slots that each node gives out by itself: Redis does not answer.',
    query: 'sum by (limit) (rate(portcullis_concurrency_fallbacks_total[5m])) > 0',
  },
  revocationsHeld: {
    asks: 'Nodes that come close to the 250,000 that there may be.',
    query: 'max(portcullis_revocations_held) > 200000',
  },
  revocationsPending: {
    asks: 'Revocations that other nodes do not know of, because Redis is away.',
    query: 'min_over_time(portcullis_revocations_pending[1m]) > 0',
  },
  revocationsRefused: {
    asks: 'Sessions that ended while their access tokens live on: there were more revocations than there may be.',
    query: 'increase(portcullis_revocations_refused_total[5m]) > 0',
  },
  logins: {
    asks: 'Somebody guesses passwords: more logins fail than succeed.',
    query:
      'sum(rate(portcullis_logins_total{outcome=~"failed|locked"}[5m])) > sum(rate(portcullis_logins_total{outcome="ok"}[5m]))',
  },
  refreshes: {
    asks: 'Refresh tokens that were used twice: one may be stolen.',
    query: 'increase(portcullis_refreshes_total{outcome=~"reused|client"}[5m]) > 0',
  },
  hashesWaiting: {
    asks: 'Logins that come faster than passwords are hashed.',
    query: 'min_over_time(portcullis_password_hashes_waiting[1m]) > 0',
  },
  hashesRefused: {
    asks: 'Logins that are refused because too many wait.',
    query: 'rate(portcullis_password_hashes_refused_total[1m]) > 0',
  },
  hashDurations: {
    asks: 'The time that nineteen of twenty passwords take at most, of the last five minutes.',
    query: 'histogram_quantile(0.95, sum by (le) (rate(portcullis_password_hash_duration_seconds_bucket[5m])))',
  },
  policyInfo: {
    asks: 'Instances that enforce different policies.',
    query: 'count(count by (digest) (portcullis_policy_info)) > 1',
  },
  policyLoaded: {
    asks: 'How long the policy in force has been there, in seconds.',
    query: 'time() - portcullis_policy_loaded_timestamp_seconds',
  },
  policyReloads: {
    asks: 'Policies that were refused while older ones stayed in force.',
    query: 'increase(portcullis_policy_reloads_total{result="failure"}[10m]) > 0',
  },
  auditRecords: {
    asks: 'How much is put on record, in records a second.',
    query: 'sum(rate(portcullis_audit_records_total[5m]))',
  },
  auditLost: {
    asks: 'Entries missing from the audit log: its disk was full or gone, or could not keep up.',
    query: 'increase(portcullis_audit_lost_total[5m]) > 0',
  },
  auditHeads: {
    asks: 'Heads that do not get away from the machine: what was recorded since could be rewritten unseen.',
    query: 'sum by (publisher) (increase(portcullis_audit_heads_total{result="published"}[10m])) == 0',
  },
  auditDropped: {
    asks: 'Copies that have gaps: read the log itself for what is missing.',
    query: 'increase(portcullis_audit_dropped_total[5m]) > 0',
  },
}
