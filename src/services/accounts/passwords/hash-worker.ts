/** The work of one thread: bcrypt, kept off the event loop. */

import { compareSync, genSaltSync, hashSync } from 'bcryptjs'
import type { Compared, CompareTask, HashTask } from './hash-task.ts'

export default function runTask(task: HashTask | CompareTask): string | Compared {
  return task.kind === 'hash' ? hashSync(task.password, task.cost) : compare(task)
}

/** A hash of a lower cost is made up for, so that how long a wrong password takes does not tell whose it is. */
function compare({ forms, hash, cost, level }: CompareTask): Compared {
  for (const [form, text] of forms.entries()) {
    if (compareSync(text, hash)) return { form }
    // 2^c + 2^c + 2^(c+1) + … + 2^(level−1) = 2^level
    for (let extra = cost; extra < level; extra++) hashSync(text, genSaltSync(extra))
  }
  return { form: -1 }
}
