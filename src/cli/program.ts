/** How people type our commands: run from source it is a script of the checkout, else the installed program. */

export const program = import.meta.filename.endsWith('.ts') ? 'npm run --silent portcullis --' : 'npx portcullis'
