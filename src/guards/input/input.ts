/** The `input` guard: nothing undeclared comes in, and what is declared is as its schema says. */

import { Denial, deny } from '../../core/denial.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Site } from '../../core/site.ts'
import type { Services } from '../../services/services.ts'
import { defineGuard, type Plan } from '../guard.ts'
import { checkInput } from './check-input.ts'
import { describeInput } from './describe-input.ts'
import { type InputBlock, inputBlock } from './input-block.ts'
import { inputRules } from './input-rules.ts'
import { compileBody } from './judge-body.ts'
import { compileCookies } from './judge-cookies.ts'
import { compileHeaders } from './judge-headers.ts'
import { compileParams } from './judge-params.ts'
import { compileQuery } from './judge-query.ts'
import type { Judge, Judgement } from './judgement.ts'

const mostFaults = 20

/** All parts but the body; the first that cannot be read ends it. */
function judgeParts(judges: readonly Judge[], exchange: Exchange): Judgement[] | Denial {
  const found: Judgement[] = []
  for (const judge of judges) {
    const judgement = judge(exchange)
    if (judgement instanceof Denial) return judgement
    found.push(judgement)
  }
  return found
}

/** Refuses with what is wrong in all parts together, or hands all of them on. */
function settle(found: readonly Judgement[], body: Judgement | Denial): Denial | undefined {
  if (body instanceof Denial) return body
  const all = [...found, body]
  if (all.some(({ faults }) => faults.length > 0)) {
    return deny('input_invalid', { details: all.flatMap(({ faults }) => faults).slice(0, mostFaults) })
  }
  for (const judgement of all) judgement.accept()
  return undefined
}

function compileInput(block: InputBlock, site: Site, services: Services): Plan {
  const judges = [
    compileParams(block, site, services),
    compileQuery(block, services),
    compileHeaders(block, services),
    compileCookies(block, services),
  ]
  const judgeBody = compileBody(block, site, services)
  const source = Object.freeze({ file: site.file, line: site.line })
  function inputGuard(exchange: Exchange): Denial | undefined | Promise<Denial | undefined> {
    const found = judgeParts(judges, exchange)
    if (found instanceof Denial) return found
    const body = judgeBody(exchange)
    return body instanceof Promise ? body.then((judged) => settle(found, judged)) : settle(found, body)
  }
  return { steps: [{ guard: 'input', gate: 'input', source, decide: inputGuard }] }
}

export const input = defineGuard<InputBlock>({
  name: 'input',
  summary:
    'What a request may hold: parameters, headers, cookies and body by JSON Schema; nothing undeclared comes in.',
  example: `input:
  params: { id: { type: string, format: uuid } }
  query: { page: { type: integer, minimum: 1, default: 1 } }
  body:
    type: object
    required: [sku]
    properties: { sku: { type: string, maxLength: 32, transform: [trim] } }`,
  schema: inputBlock,
  refuses: ['request_malformed', 'media_type_unsupported', 'body_too_large', 'input_invalid'],
  implicit: {},
  reportable: true,
  rules: inputRules,
  check: checkInput,
  compile: compileInput,
  describe: describeInput,
})
