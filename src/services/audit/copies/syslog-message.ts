/** Records as syslog messages (RFC 5424), each behind the count of its octets (RFC 5425 §4.3). */

import { hostname } from 'node:os'

/** 13, log audit (RFC 5424 §6.2.1), times eight. */
const facility = 13 * 8
const warning = 4

const severities: Readonly<Record<string, number>> = Object.assign(Object.create(null), {
  allowed: 6,
  intended: 6,
  done: 5,
  denied: warning,
  failed: 3,
})

/** The members that a record begins with, in their fixed order. */
const recordHead =
  /^\{"v":\d+,"log":"[^"]*","seq":\d+,"prev":"[^"]*","time":"([^"\\]+)","event":"([^"\\]+)","outcome":"([^"\\]+)"/

/** PRINTUSASCII, at most so long (RFC 5424 §6); `-` is the nil value. */
const printable = (text: string, length: number): string => text.replace(/[^!-~]+/g, '_').slice(0, length) || '-'

const host = printable(hostname(), 255)

/**
 * MSG is JSON without a byte order mark, which RFC 8259 §8.1 forbids: the MSG-ANY of RFC 5424 §6.4. A line that is no record
 * tells of a gap.
 */
export function syslogFrame(line: string): string {
  const [, time = '-', event = '-', outcome = ''] = recordHead.exec(line) ?? []
  const priority = facility + (severities[outcome] ?? warning)
  const message = `<${priority}>1 ${time} ${host} portcullis ${process.pid} ${printable(event, 32)} - ${line}`
  return `${Buffer.byteLength(message)} ${message}`
}
