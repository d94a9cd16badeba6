/** What roles let a caller read of one document, field by field. */

/** A field of a document, by its path. */
export interface FieldPath {
  /** As it is named. */
  readonly raw: string
  /** With what patterns take for something else (dots, line ends) out of the names. */
  readonly safe: string
}

export const noField: FieldPath = { raw: '', safe: '' }

const odd = /[.\n\r\u2028\u2029]/g

/** A member of what a path leads to. */
export function memberOf({ raw, safe }: FieldPath, name: string): FieldPath {
  const known = odd.test(name) ? name.replace(odd, '\ufffd') : name
  odd.lastIndex = 0
  if (raw === '') return { raw: name, safe: known }
  const path = `${safe}.${known}`
  return { raw: raw === safe && known === name ? path : `${raw}.${name}`, safe: path }
}

/** Nothing: no rule speaks of it. */
export type FieldVerdict = 'allowed' | 'forbidden' | undefined
export type JudgeField = (field: FieldPath) => FieldVerdict

/** A rule, as far as fields are concerned; those that forbid come first. */
export interface FieldRule<T> {
  readonly inverted: boolean
  /** None: it holds for all. */
  readonly fields: readonly string[] | undefined
  matchesConditions(target: T): boolean
  matchesField(field: string): boolean
}

/** Judges the documents of one answer; conditions are asked once a document, a field once for the rules that hold. */
export class FieldReader<T> {
  readonly #rules: readonly FieldRule<T>[]
  readonly #judges = new Map<string, JudgeField>()

  constructor(rules: readonly FieldRule<T>[]) {
    this.#rules = rules
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
  const known = new Map<string, FieldVerdict>()
  return (field) => {
    const { raw, safe } = field
    if (raw !== safe) return verdictOn(rules, field)
    if (!known.has(safe)) known.set(safe, verdictOn(rules, field))
    return known.get(safe)
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
