import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import test from 'ava'
import { keepHead } from '../../src/enforce/keep-head.ts'

const respond = (): ServerResponse => new ServerResponse(new IncomingMessage(new Socket()))

test('puts one function on all responses: V8 keeps dead ones with a closure each until a full collection', (t) => {
  const [first, second] = [respond(), respond()]
  keepHead(first, () => {})
  keepHead(second, () => {})
  t.is(first.writeHead, second.writeHead)
})

test('of gates behind each other, the inner one has its word first, and each only as long as it keeps the head', (t) => {
  const said: string[] = []
  const res = respond()
  keepHead(res, () => said.push('outer'))
  const leave = keepHead(res, () => said.push('inner'))
  res.setHeader('X-Request-Id', 'r1')
  leave()
  res.writeHead(201, { 'X-A': '1' })
  t.deepEqual(said, ['outer'])
  t.is(res.statusCode, 201)
  t.is(res.getHeader('X-A'), '1')
  const other = respond()
  keepHead(other, () => said.push('second outer'))
  keepHead(other, () => said.push('second inner'))
  other.writeHead(200)
  t.deepEqual(said, ['outer', 'second inner', 'second outer'])
})
