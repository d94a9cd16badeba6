/** The files of Swagger UI, and the page that they make: all in one answer, which loads nothing else. */

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { StartFault } from '../../core/start-fault.ts'

/**
 * The folder of the files: beside this module in the published package, the development dependency otherwise. It is no
 * dependency of the package, for it brings one whose install script calls home.
 */
export function swaggerUiFolder(): string {
  const built = fileURLToPath(new URL('./swagger-ui', import.meta.url))
  if (existsSync(built)) return built
  try {
    return createRequire(import.meta.url)
      .resolve('swagger-ui-dist/package.json')
      .replace(/package\.json$/, '')
  } catch {
    throw new StartFault('`builtin: docs` needs the files of swagger-ui-dist, which `npm run build` puts into `dist`')
  }
}

/** Nothing of the document comes from the page itself: it is fetched from the path that the element names. */
const start = `SwaggerUIBundle({
  url: document.getElementById('ui').dataset.document,
  dom_id: '#ui',
  deepLinking: true,
  validatorUrl: null,
})`

/** The page, and the policy under which browsers run it. */
export interface SwaggerUi {
  readonly contentSecurityPolicy: string
  /** The HTML, for the document at a path. */
  html(path: string): string
}

/** Reads the files. */
export function readSwaggerUi(folder: string): SwaggerUi {
  const read = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8').replaceAll('\r\n', '\n')
  const bundle = withoutMarkup(read('swagger-ui-bundle.js'))
  const style = read('swagger-ui.css')
  return {
    contentSecurityPolicy: policyOf([bundle, start], style),
    html: (path) => htmlOf(path, { bundle, style }),
  }
}

/** What HTML would take for the end of a script, or for the start of a comment that hides it: in texts and patterns alike. */
const withoutMarkup = (script: string): string => script.replaceAll(/<(?=!--|\/?script)/gi, '\\x3C')

/** Hashes in place of `unsafe-inline` (CSP 3 §6.7.3). */
function policyOf(scripts: readonly string[], style: string): string {
  return [
    "default-src 'none'",
    `script-src ${scripts.map(hash).join(' ')}`,
    `style-src ${hash(style)}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const escapeAttribute = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')

const htmlOf = (
  path: string,
  { bundle, style }: { readonly bundle: string; readonly style: string },
): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<noscript>This page needs JavaScript.</noscript>
<div id="ui" data-document="${escapeAttribute(path)}"></div>
<script>${bundle}</script>
<script>${start}</script>
</body>
</html>
`
