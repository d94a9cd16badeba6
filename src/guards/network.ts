/** The `network` guard: from which addresses a route may be called at all. */

import { compileRanges, isCidr, readCidr } from '../core/address.ts'
import { deny } from '../core/denial.ts'
import type { Fault } from '../core/diagnostic.ts'
import { hasReference } from '../core/expression.ts'
import { array, string } from '../schema/builder.ts'
import { defineGuard } from './guard.ts'

const denied = deny('address_denied')

export const network = defineGuard({
  name: 'network',
  summary: 'Lets only clients from these addresses call.',
  example: 'network: [10.0.0.0/8, 2001:db8::/32, 203.0.113.7]',
  schema: array(
    string({ minLength: 1, description: 'A CIDR or a single address, IPv4 or IPv6.', examples: ['10.0.0.0/8'] }),
    {
      minItems: 1,
      uniqueItems: true,
      description:
        'Who may call, judged by the client address; everyone else is refused before anything else is looked at.',
    },
  ),
  refuses: ['address_denied'],
  rules: {
    'network/invalid-cidr': {
      severity: 'error',
      cause: 'What is no address range would let nobody in, or not whom it seems to.',
      hint: 'write all four parts of IPv4, such as `10.0.0.0/8` or `203.0.113.7`, or an IPv6 range such as `2001:db8::/32`',
    },
    'network/bits-after-prefix': {
      severity: 'warning',
      cause: 'The bits after the prefix count for nothing: the range is wider than the address in it looks.',
      hint: 'write the range with those bits cleared, or `/32` (IPv6: `/128`) for the one address',
    },
    'network/everyone': {
      severity: 'warning',
      cause: 'A range of prefix 0 lets every address in: the block only looks like a restriction.',
      hint: 'name the networks, or drop the block',
    },
  },
  check: (block) =>
    hasReference(block) ? [] : block.flatMap((text, index) => (hasReference(text) ? [] : judge(text, [index]))),
  compile(block, { file, line }) {
    const isAllowed = compileRanges(block)
    return {
      steps: [
        {
          gate: 'network',
          guard: 'network',
          source: Object.freeze({ file, line }),
          decide: function networkGuard({ address }) {
            return isAllowed(address) ? undefined : denied
          },
        },
      ],
    }
  },
})

function judge(text: string, path: readonly number[]): readonly Fault[] {
  if (!isCidr(text)) {
    const message = `expected a CIDR or an address such as \`10.0.0.0/8\`, not \`${text}\``
    return [{ rule: 'network/invalid-cidr', path, message }]
  }
  const cidr = readCidr(text) ?? text
  if (cidr.endsWith('/0')) return [{ rule: 'network/everyone', path, message: `\`${text}\` lets every address in` }]
  const [, prefix] = text.split('/')
  if (prefix === undefined || addressOf(cidr) === addressOf(readCidr(addressOf(text)) ?? '')) return []
  return [{ rule: 'network/bits-after-prefix', path, message: `expected \`${cidr}\`, not \`${text}\`` }]
}

/** The text before the slash. */
const addressOf = (cidr: string): string => cidr.split('/', 1)[0] ?? cidr
