/** The schema of accounts and all that belongs to them, step by step. Times are milliseconds since 1970, lists are JSON. */

import type { Migration } from '../database/migrate.ts'

export const migrations: readonly Migration[] = [
  {
    number: 1,
    name: 'accounts, sessions, keys',
    statements: [
      `create table portcullis_index_roots (
        id text primary key,
        root text not null
      )`,
      `create table portcullis_accounts (
        id text primary key,
        username_index text not null unique,
        username text not null,
        email_index text unique,
        email text,
        password text,
        password_version bigint not null,
        password_changed_at bigint,
        claims text not null,
        roles text not null,
        scopes text not null,
        created_at bigint not null,
        disabled_at bigint
      )`,
      'create index portcullis_accounts_by_age on portcullis_accounts (created_at, id)',
      `create table portcullis_login_failures (
        key text primary key,
        failures bigint not null,
        last_at bigint not null
      )`,
      'create index portcullis_login_failures_by_age on portcullis_login_failures (last_at)',
      `create table portcullis_refresh_families (
        id text primary key,
        account_id text not null references portcullis_accounts (id) on delete cascade,
        client text not null,
        scopes text not null,
        details text not null,
        created_at bigint not null,
        used_at bigint not null,
        expires_at bigint not null,
        revoked_at bigint,
        revoked_because text
      )`,
      'create index portcullis_refresh_families_by_account on portcullis_refresh_families (account_id)',
      'create index portcullis_refresh_families_by_end on portcullis_refresh_families (expires_at)',
      `create table portcullis_refresh_tokens (
        hash text primary key,
        family_id text not null references portcullis_refresh_families (id) on delete cascade,
        issued_at bigint not null,
        spent_at bigint,
        successor text
      )`,
      'create index portcullis_refresh_tokens_by_family on portcullis_refresh_tokens (family_id)',
      `create table portcullis_api_keys (
        id text primary key,
        account_id text not null references portcullis_accounts (id) on delete cascade,
        hash text not null,
        name text not null,
        scopes text not null,
        created_at bigint not null,
        expires_at bigint,
        revoked_at bigint,
        used_at bigint
      )`,
      'create index portcullis_api_keys_by_account on portcullis_api_keys (account_id)',
      `create table portcullis_signing_keys (
        kid text primary key,
        issuer text not null,
        algorithm text not null,
        state text not null check (state in ('next', 'current', 'previous')),
        public_key text not null,
        private_key text not null,
        created_at bigint not null,
        signs_from bigint,
        signs_until bigint
      )`,
      `create unique index portcullis_signing_keys_next on portcullis_signing_keys (issuer) where state = 'next'`,
      `create unique index portcullis_signing_keys_current on portcullis_signing_keys (issuer) where state = 'current'`,
    ],
  },
  {
    number: 2,
    name: 'acts of commands, revocations',
    statements: [
      `create table portcullis_outbox (
        id text primary key,
        at bigint not null,
        act text not null,
        claimed_until bigint not null
      )`,
      'create index portcullis_outbox_by_age on portcullis_outbox (at, id)',
      `create table portcullis_revocations (
        key text primary key,
        issued_until bigint not null,
        forget_at bigint not null,
        place bigint not null unique
      )`,
      'create index portcullis_revocations_by_end on portcullis_revocations (forget_at)',
      `create table portcullis_revocation_places (
        id text primary key,
        last bigint not null
      )`,
      `insert into portcullis_revocation_places (id, last) values ('all', 0)`,
    ],
  },
  {
    number: 3,
    name: 'versions of what accounts may do',
    statements: ['alter table portcullis_accounts add column grants_version bigint not null default 1'],
  },
]
