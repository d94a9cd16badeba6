/** Judges every line of an import before anything is written, and tells of every fault. */

import { createHash } from 'node:crypto'
import type { NewAccount } from '../../../services/accounts/account.ts'
import type { AccountImports, AccountIndexes } from '../../../services/accounts/account-imports.ts'
import { printable } from '../../printable.ts'
import { judgeLine } from './judge-line.ts'
import type { Line, Lines } from './lines.ts'
import { Seen } from './seen.ts'

export interface Fit {
  readonly line: number
  readonly account: NewAccount
  readonly indexes: AccountIndexes
}

export interface Judgement {
  readonly fit: number
  /** Of names that accounts have already, where those are left out. */
  readonly known: number
  readonly faults: number
  /** Of the bytes, in hex. */
  readonly sha256: string
}

export interface Judging {
  readonly lines: Lines
  readonly imports: AccountImports
  /** Whether accounts that are there already are left out, and no faults. */
  readonly skipsExisting: boolean
  tell(line: number, fault: string): void
}

export async function judgeAll({ lines, imports, skipsExisting, tell }: Judging): Promise<Judgement> {
  const [hash, seen] = [createHash('sha256'), new Seen()]
  let [fit, known, faults] = [0, 0, 0]
  const blame = (line: number, fault: string): void => {
    faults++
    tell(line, fault)
  }
  for await (const some of lines.read(hash)) {
    const read = some.flatMap((line) => readFit(line, imports, blame)).filter((each) => isFirst(each, seen, blame))
    const taken = await imports.taken(read.map(({ indexes }) => indexes))
    for (const each of read) {
      const fault = faultOf(each, taken)
      if (fault === undefined) fit++
      else if (skipsExisting && taken.has(each.indexes.username)) known++
      else blame(each.line, fault)
    }
  }
  return { fit, known, faults, sha256: hash.digest('hex') }
}

type Blame = (line: number, fault: string) => void

/** The account of a line, or none where the fault was told. */
export function readFit(line: Line, imports: AccountImports, blame: Blame): readonly Fit[] {
  const account = judgeLine(line)
  if (isFaulty(account)) {
    for (const fault of account) blame(line.number, fault)
    return []
  }
  const username = imports.index('username', account.username) ?? ''
  const email = account.email === undefined ? undefined : imports.index('email', account.email)
  return [{ line: line.number, account, indexes: { username, email } }]
}

const isFaulty = (judged: NewAccount | readonly string[]): judged is readonly string[] => Array.isArray(judged)

function isFirst({ line, account: { username, email }, indexes }: Fit, seen: Seen, blame: Blame): boolean {
  const lineOfName = seen.note(`name ${indexes.username}`, line)
  const lineOfAddress = indexes.email === undefined ? undefined : seen.note(`address ${indexes.email}`, line)
  if (lineOfName !== undefined) blame(line, `\`${printable(username)}\` stands in line ${lineOfName} already`)
  else if (lineOfAddress !== undefined)
    blame(line, `\`${printable(email ?? '')}\` stands in line ${lineOfAddress} already`)
  return lineOfName === undefined && lineOfAddress === undefined
}

function faultOf({ account, indexes: { username, email } }: Fit, taken: ReadonlySet<string>): string | undefined {
  if (taken.has(username)) return `\`${printable(account.username)}\` is the name of an account already`
  if (email !== undefined && taken.has(email))
    return `\`${printable(account.email ?? '')}\` is the address of an account already`
  return undefined
}
