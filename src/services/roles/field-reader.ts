/** What roles let a caller read of one document, field by field. */

const odd = /[.\n\r\u2028\u2029]/g

/** A field of documents, by its path; one object a path, as documents of one kind have the same fields. */
export class FieldPath {
  /** As it is named. */
  readonly raw: string
  /** With what patterns take for something else (dots, line ends) out of the names. */
  readonly safe: string
  readonly #members = new Map<string, FieldPath>()

  /** Empty for the document itself. */
  constructor(raw = '', safe = raw) {
    this.raw = raw
    this.safe = safe
  }

  /** A member of what this leads to. */
  member(name: string): FieldPath {
    const known = this.#members.get(name)
    if (known !== undefined) return known
    const safe = name.replace(odd, '\ufffd')
    const made =
      this.raw === '' ? new FieldPath(name, safe) : new FieldPath(`${this.raw}.${name}`, `${this.safe}.${safe}`)
    this.#members.set(name, made)
    return made
  }
}

/** Nothing: no rule speaks of it. */
export type FieldVerdict = 'allowed' | 'forbidden' | undefined
export type JudgeField = (field: FieldPath) => FieldVerdict

/** A rule, as far as fields are concerned; those that forbid come first. */
export interface FieldRule<T> {
  readonly inverted: boolean
  /** None: it holds for all. */
  readonly fields: readonly string[] | undefined
  /** None: it holds for every document. */
  readonly conditions?: unknown
  matchesConditions(target: T): boolean
  matchesField(field: string): boolean
}

/** Judges the documents of one answer; conditions are asked once a document, a field once for the rules that hold. */
export class FieldReader<T> {
  readonly #rules: readonly FieldRule<T>[]
  readonly #judges = new Map<string, JudgeField>()
  /** Whether what is in a document counts. */
  readonly isConditional: boolean

  constructor(rules: readonly FieldRule<T>[]) {
    this.#rules = rules
    this.isConditional = rules.some(({ conditions }) => conditions !== undefined)
  }

  /** `target` stands for one document. */
  judge(target: T): JudgeField {
    const holds = this.#rules.map((rule) => rule.matchesConditions(target))
    const key = holds.map(Number).join('')
    const known = this.#judges.get(key)
    if (known !== undefined) return known
    const judge = judgeBy(this.#rules.filter((_, index) => holds[index]))
    this.#judges.set(key, judge)
    return judge
  }
}

function judgeBy(rules: readonly FieldRule<never>[]): JudgeField {
  const known = new Map<FieldPath, FieldVerdict>()
  return (field) => {
    const verdict = known.get(field)
    if (verdict !== undefined || known.has(field)) return verdict
    const made = verdictOn(rules, field)
    known.set(field, made)
    return made
  }
}

/** How long a path may be that patterns are compared with: a name comes from the destination, and could keep them busy. */
const maxPath = 256

/** What forbids is heard under either name, what allows under the one that means this field and no other. */
function verdictOn(rules: readonly FieldRule<never>[], { raw, safe }: FieldPath): FieldVerdict {
  const isLong = raw.length > maxPath
  for (const rule of rules) {
    if (rule.inverted && (isLong || rule.matchesField(safe) || rule.matchesField(raw))) return 'forbidden'
    if (!rule.inverted && (isLong ? rule.fields === undefined : rule.matchesField(safe))) return 'allowed'
  }
  return undefined
}
