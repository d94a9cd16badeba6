/** What `docs/ci.md` shows is run: the hook in a Git repository, the lines of the workflows in a shell. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { readFences, root } from './helpers/markdown.ts'
import { folderOf } from './policy/folder.ts'

const sound = 'routes:\n  GET /health: { authenticate: public, builtin: health }\n'
const broken = 'routes:\n  GET /health: { authenticate: public, builtin: helth }\n'

const fences = readFences('docs/ci.md')
const fenceOf = (name: string): string => fences.find(({ section }) => section === name)?.text ?? ''

/** A project with the command installed, and with no settings of the machine's Git. */
function projectOf(t: ExecutionContext, policy: string): string {
  const script = `#!/bin/sh\nexec '${process.execPath}' '${root}src/cli/main.ts' "$@"\n`
  const folder = folderOf(t, {
    'package.json': '{}',
    '.gitignore': 'node_modules\n',
    'node_modules/.bin/portcullis': script,
    'policies/shop.yaml': policy,
  })
  chmodSync(join(folder, 'node_modules/.bin/portcullis'), 0o755)
  return folder
}

const environment = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
  npm_config_cache: '/nonexistent',
  npm_config_offline: 'true',
  npm_config_update_notifier: 'false',
}

async function run(folder: string, command: string, ...args: readonly string[]) {
  const child = spawn(command, args, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, stdout, stderr, both: stdout + stderr }
}

/** A repository with the hook, and what is committed first. */
async function repositoryOf(t: ExecutionContext, policy: string) {
  const folder = projectOf(t, policy)
  const git = (...args: readonly string[]) => run(folder, 'git', ...args)
  const write = (text: string) => writeFileSync(join(folder, 'policies/shop.yaml'), text)
  await git('init', '--quiet')
  mkdirSync(join(folder, '.git/hooks'), { recursive: true })
  const hook = join(folder, '.git/hooks/pre-commit')
  writeFileSync(hook, fenceOf('A Git hook'))
  chmodSync(hook, 0o755)
  await git('add', '.')
  return { folder, git, write, first: await git('commit', '--quiet', '-m', 'first') }
}

test.serial('the hook lets sound policies pass, and refuses those with errors', async (t) => {
  const { git, write, first } = await repositoryOf(t, sound)
  t.is(first.code, 0, first.both)
  write(broken)
  const refused = await git('commit', '--quiet', '-a', '-m', 'broken')
  t.is(refused.code, 1)
  t.regex(refused.both, /^policies\/shop\.yaml:2:49 {2}error {2}policy\/wrong-type/m)
  t.is((await git('rev-list', '--count', 'HEAD')).stdout, '1\n')
})

test.serial('the hook judges what is staged, not what lies in the working tree', async (t) => {
  const { git, write } = await repositoryOf(t, sound)
  write(broken)
  await git('add', '.')
  write(sound)
  t.is((await git('commit', '--quiet', '-m', 'broken')).code, 1)
  write(`# better\n${sound}`)
  await git('add', '.')
  write(broken)
  const passed = await git('commit', '--quiet', '-m', 'sound')
  t.is(passed.code, 0, passed.both)
})

test.serial('the hook leaves commits alone that change no policy', async (t) => {
  const { folder, git } = await repositoryOf(t, sound)
  rmSync(join(folder, 'node_modules'), { recursive: true })
  writeFileSync(join(folder, 'notes.txt'), 'x')
  await git('add', 'notes.txt')
  const passed = await git('commit', '--quiet', '-m', 'notes')
  t.is(passed.code, 0, passed.both)
})

test.serial('the hook refuses to commit policies that are gone', async (t) => {
  const { git } = await repositoryOf(t, sound)
  await git('rm', '--quiet', '-r', 'policies')
  const refused = await git('commit', '--quiet', '-m', 'gone')
  t.not(refused.code, 0)
  t.regex(refused.both, /cannot read the policy directory `policies`/)
})

test.serial('the entry for pre-commit runs, and is asked about policies alone', async (t) => {
  const [hook] = parse(fenceOf('With pre-commit')).repos[0].hooks
  t.like(hook, { language: 'system', pass_filenames: false })
  t.true(new RegExp(hook.files).test('policies/shop.yaml'))
  t.false(new RegExp(hook.files).test('src/policies/shop.ts'))
  const [command, ...args] = hook.entry.split(' ')
  const refused = await run(projectOf(t, broken), command, ...args)
  t.is(refused.code, 1, refused.both)
  t.regex(refused.stdout, /policy\/wrong-type/)
})

interface Step {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

/** As the runner of GitHub starts a step without `shell`. */
const step = (folder: string, line: string) => run(folder, 'bash', '-e', '-c', line)

test.serial('the workflow of GitHub annotates, fails, and leaves a report to upload', async (t) => {
  const workflow = parse(fenceOf('GitHub Actions'))
  const steps: readonly Step[] = workflow.jobs.check.steps
  const [annotate = '', write = ''] = steps.flatMap(({ run = '' }) => (run.includes('portcullis') ? [run] : []))
  const folder = projectOf(t, broken)
  const [annotated, written] = [await step(folder, annotate), await step(folder, write)]
  t.is(annotated.code, 1)
  t.regex(annotated.stdout, /^::error file=policies\/shop\.yaml,line=2,/)
  t.is(written.code, 0, written.both)
  const upload = steps.find(({ uses }) => uses?.startsWith('github/codeql-action/upload-sarif@'))
  const report = JSON.parse(readFileSync(join(folder, String(upload?.with?.sarif_file)), 'utf8'))
  t.is(report.runs[0].results.length, 1)
  t.deepEqual(workflow.jobs.check.permissions, { contents: 'read', 'security-events': 'write' })
})

test.serial('a step that writes no report fails', async (t) => {
  const { jobs } = parse(fenceOf('GitHub Actions'))
  const write = jobs.check.steps.find(({ run = '' }: Step) => run.includes('sarif')).run
  const folder = projectOf(t, sound)
  rmSync(join(folder, 'policies'), { recursive: true })
  t.not((await step(folder, write)).code, 0)
})

test.serial('the job of GitLab fails, and leaves its report', async (t) => {
  const { policies } = parse(fenceOf('GitLab CI'))
  const folder = projectOf(t, broken)
  const failed = await step(folder, policies.script.at(-1))
  t.is(failed.code, 1, failed.both)
  t.is(policies.artifacts.when, 'always')
  t.regex(readFileSync(join(folder, policies.artifacts.reports.junit), 'utf8'), /<testsuites [^>]*failures="1"/)
})
