/** Every column whose values are sealed, so that none is left behind when keys change. */

export interface SealedColumn {
  readonly table: string
  readonly column: string
  /** The primary key, which is the row of its place. */
  readonly key: string
}

export const sealedColumns = [
  { table: 'portcullis_index_roots', column: 'root', key: 'id' },
  { table: 'portcullis_accounts', column: 'username', key: 'id' },
  { table: 'portcullis_accounts', column: 'email', key: 'id' },
  { table: 'portcullis_accounts', column: 'password', key: 'id' },
  { table: 'portcullis_accounts', column: 'claims', key: 'id' },
  { table: 'portcullis_refresh_families', column: 'details', key: 'id' },
  { table: 'portcullis_refresh_tokens', column: 'successor', key: 'hash' },
  { table: 'portcullis_signing_keys', column: 'private_key', key: 'kid' },
] as const satisfies readonly SealedColumn[]
