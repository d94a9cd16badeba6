/** `npm run lint:policies [-- DIR --strict]`: the `check` command, for scripts and hooks. */

process.argv.splice(2, 0, 'check')
await import('../src/cli/main.ts')
