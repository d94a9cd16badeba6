import test from 'ava'
import { judgeRefusal, messageOf } from '../../../src/services/redis/refusals.ts'

const digest = '6b1bf486c81ceb7edf3c093f4c48582e38c0e791'
const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' })
const before7 = (message: string) =>
  reply(`ERR Error running script (call to f_${digest}): @user_script:3: @user_script: 3: ${message}`)
const since7 = (message: string) => reply(`${message} script: ${digest}, on @user_script:3.`)

test('tells a server that cannot be used from one that is the wrong one, and from one that refuses a script', (t) => {
  for (const [error, refusal] of [
    [since7(`OOM command not allowed when used memory > 'maxmemory'.`), 'away'],
    [before7(`-OOM command not allowed when used memory > 'maxmemory'.`), 'away'],
    [since7(`READONLY You can't write against a read only replica.`), 'stale'],
    [before7(`-READONLY You can't write against a read only replica.`), 'stale'],
    [reply('NOAUTH Authentication required.'), 'stale'],
    [reply('LOADING Redis is loading the dataset in memory'), 'away'],
    [reply('CLUSTERDOWN Hash slot not served'), 'away'],
    [reply(`NOPERM this user has no permissions to run the 'evalsha' command`), 'refused'],
    [reply('TRYAGAIN Multiple keys request during rehashing of slot'), 'refused'],
    [new Error('Too many Cluster redirections. Last error: ReplyError: MOVED 1 h:1'), 'refused'],
    [before7('Unknown Redis command called from Lua script'), 'refused'],
    [new Error('read ECONNRESET'), 'away'],
    [new Error('Connection is closed.'), 'away'],
  ] as const)
    t.is(judgeRefusal(error), refusal, String(error))
})

test('says why without what is wrapped around it', (t) => {
  for (const [error, message] of [
    [since7('OOM command not allowed.'), 'OOM command not allowed'],
    [before7('-OOM command not allowed.'), 'OOM command not allowed.'],
    [new Error('Connection is closed.'), 'the connection is closed'],
    [new Error(`Stream isn't writeable and enableOfflineQueue options is false`), 'the connection is closed'],
    [
      new Error('All sentinels are unreachable and retry is disabled. Last error: Connection is closed.'),
      'no sentinel tells of the master: the connection is closed',
    ],
    [Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError: new Error('timeout') }), 'timeout'],
    [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  ] as const)
    t.is(messageOf(error), message)
})
