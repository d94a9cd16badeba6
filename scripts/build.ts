/** `npm run build`: `src/` as JavaScript with types, and the files of Swagger UI beside what serves them. */

import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { swaggerUiFolder } from '../src/handlers/builtin/swagger-ui.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What the page needs, and under which licence it is given on. */
const swaggerUi = ['swagger-ui-bundle.js', 'swagger-ui-bundle.js.LICENSE.txt', 'swagger-ui.css', 'LICENSE', 'NOTICE']

function build(out: string): void {
  rmSync(out, { recursive: true, force: true })
  execFileSync('tsc', ['-p', 'scripts/tsconfig.build.json', '--outDir', out], { cwd: root, stdio: 'inherit' })
  const copies = join(out, 'handlers/builtin/swagger-ui')
  mkdirSync(copies, { recursive: true })
  for (const file of swaggerUi) copyFileSync(join(swaggerUiFolder(), file), join(copies, file))
  chmodSync(join(out, 'cli/main.js'), 0o755)
}

build(process.argv[2] ?? join(root, 'dist'))
