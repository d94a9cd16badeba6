/** The metrics that this server has of itself, by name and labels. */

import type { Family } from './text-format.ts'

/** In the order of the exposition. */
export const families = {
  requests: {
    name: 'portcullis_requests_total',
    help: 'Requests answered, by route pattern, method and status.',
    type: 'counter',
    labels: ['route', 'service', 'method', 'status'],
  },
  durations: {
    name: 'portcullis_request_duration_seconds',
    help: 'From the head of a request to the end of its answer, by route pattern.',
    type: 'histogram',
    labels: ['route', 'service', 'le'],
  },
  decisions: {
    name: 'portcullis_decisions_total',
    help: 'Decisions of the guards; in mode reportOnly a denial was not answered.',
    type: 'counter',
    labels: ['route', 'service', 'guard', 'mode', 'outcome'],
  },
  withheld: {
    name: 'portcullis_withheld_total',
    help: 'What `authorize` left out of answers; in mode reportOnly it would have, and the answers went out whole.',
    type: 'counter',
    labels: ['route', 'service', 'mode', 'part'],
  },
  inFlight: {
    name: 'portcullis_requests_in_flight',
    help: 'Requests that are being answered.',
    type: 'gauge',
    labels: [],
  },
  shed: {
    name: 'portcullis_shed_total',
    help: 'Requests refused because the server had enough to do, by the limit that was reached.',
    type: 'counter',
    labels: ['reason'],
  },
  eventLoopDelay: {
    name: 'portcullis_event_loop_delay_seconds',
    help: 'How long a request waited for the event loop at most, of the last ten to twenty seconds.',
    type: 'gauge',
    labels: [],
  },
  stateUp: {
    name: 'portcullis_state_up',
    help: 'Whether Redis answers in time, by server: 1 or 0.',
    type: 'gauge',
    labels: ['server'],
  },
  stateCalls: {
    name: 'portcullis_state_calls_total',
    help: 'Scripts for Redis, by what became of them.',
    type: 'counter',
    labels: ['answer'],
  },
  stateDurations: {
    name: 'portcullis_state_duration_seconds',
    help: 'From a script for Redis to its answer, where it came in time.',
    type: 'histogram',
    labels: ['le'],
  },
  limitFallbacks: {
    name: 'portcullis_limit_fallbacks_total',
    help: 'Decisions on limits that the shared store did not answer, by limit and what was done instead.',
    type: 'counter',
    labels: ['limit', 'mode'],
  },
  slotsInUse: {
    name: 'portcullis_concurrency_in_use',
    help: 'Slots of `concurrency` that requests hold, by limit.',
    type: 'gauge',
    labels: ['limit'],
  },
  slotsAwaited: {
    name: 'portcullis_concurrency_waiting',
    help: 'Requests that wait for a slot of `concurrency`, by limit.',
    type: 'gauge',
    labels: ['limit'],
  },
  slotsMissed: {
    name: 'portcullis_concurrency_missed_total',
    help: 'Requests that got no slot of `concurrency`, by limit and reason; under reportOnly they were let through.',
    type: 'counter',
    labels: ['limit', 'reason'],
  },
  slotsFallbacks: {
    name: 'portcullis_concurrency_fallbacks_total',
    help: 'Requests for a shared slot of `concurrency` that this node decided on alone, because Redis did not answer, by limit.',
    type: 'counter',
    labels: ['limit'],
  },
  revocationsHeld: {
    name: 'portcullis_revocations_held',
    help: 'Revocations of tokens, users and issuers that this process knows.',
    type: 'gauge',
    labels: [],
  },
  revocationsPending: {
    name: 'portcullis_revocations_pending',
    help: 'Revocations that Redis is still to be told of, or has not yet confirmed.',
    type: 'gauge',
    labels: [],
  },
  revocationsRefused: {
    name: 'portcullis_revocations_refused_total',
    help: 'Revocations that found no room: tokens of the session live until they expire, on other nodes or on all.',
    type: 'counter',
    labels: [],
  },
  logins: {
    name: 'portcullis_logins_total',
    help: 'Logins, by outcome.',
    type: 'counter',
    labels: ['outcome'],
  },
  refreshes: {
    name: 'portcullis_refreshes_total',
    help: 'Uses of refresh tokens, by outcome.',
    type: 'counter',
    labels: ['outcome'],
  },
  hashesWaiting: {
    name: 'portcullis_password_hashes_waiting',
    help: 'Passwords that wait for a thread that hashes.',
    type: 'gauge',
    labels: [],
  },
  hashesRefused: {
    name: 'portcullis_password_hashes_refused_total',
    help: 'Passwords that were not hashed because too many waited.',
    type: 'counter',
    labels: [],
  },
  hashDurations: {
    name: 'portcullis_password_hash_duration_seconds',
    help: 'From a password to its hash, with the time that it waited for a thread.',
    type: 'histogram',
    labels: ['le'],
  },
  policyInfo: {
    name: 'portcullis_policy_info',
    help: 'The policy in force, by its digest.',
    type: 'gauge',
    labels: ['digest'],
  },
  policyLoaded: {
    name: 'portcullis_policy_loaded_timestamp_seconds',
    help: 'When the policy in force was loaded, in seconds since the Unix epoch.',
    type: 'gauge',
    labels: [],
  },
  policyReloads: {
    name: 'portcullis_policy_reloads_total',
    help: 'What became of reloads: success, unchanged, or failure, which leaves the old policies in force.',
    type: 'counter',
    labels: ['result'],
  },
  certificateExpiry: {
    name: 'portcullis_tls_certificate_expiry_timestamp_seconds',
    help: 'When a certificate of this server expires, in seconds since the Unix epoch.',
    type: 'gauge',
    labels: ['certificate'],
  },
  handshakeFailures: {
    name: 'portcullis_tls_handshake_failures_total',
    help: 'Connections that came for TLS, and did not get through to it.',
    type: 'counter',
    labels: [],
  },
  auditRecords: {
    name: 'portcullis_audit_records_total',
    help: 'Records that the audit log has kept.',
    type: 'counter',
    labels: [],
  },
  auditLost: {
    name: 'portcullis_audit_lost_total',
    help: 'Entries that the audit log could not keep.',
    type: 'counter',
    labels: [],
  },
  auditHeads: {
    name: 'portcullis_audit_heads_total',
    help: 'What became of signed heads of the audit log on their way out, by publisher.',
    type: 'counter',
    labels: ['publisher', 'result'],
  },
  auditDropped: {
    name: 'portcullis_audit_dropped_total',
    help: 'Audit records that a copy could not take; the log itself has them.',
    type: 'counter',
    labels: ['copy'],
  },
} as const satisfies Record<string, Family>
