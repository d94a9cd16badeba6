/** The rules of the `input` guard's own findings. */

import type { Rules } from '../../core/diagnostic.ts'

export const inputRules: Rules = {
  'input/invalid-schema': {
    severity: 'error',
    cause: 'A schema with a fault checks something else than it seems to.',
    hint: 'see the keywords of input schemas in the reference',
  },
  'input/unsupported-keyword': {
    severity: 'error',
    cause: 'A keyword that is not enforced would give false safety.',
    hint: 'say it in a supported keyword, listed in the reference',
  },
  'input/unsatisfiable': {
    severity: 'error',
    cause: 'No request can ever be as this schema asks.',
    hint: 'loosen one of the conditions',
  },
  'input/unknown-parameter': {
    severity: 'error',
    cause: 'The path of the route has no parameter of this name.',
    hint: 'name it in the path, or take it out',
  },
  'input/path-unchanged': {
    severity: 'warning',
    cause: 'The path goes on as it was matched: a destination that reads it sees the original.',
    hint: 'say what the parameter must look like, with `pattern` or `enum`',
  },
  'input/invalid-name': {
    severity: 'error',
    cause: 'No header, cookie or field of a form can have this name.',
    hint: 'write letters, digits and hyphens',
  },
  'input/duplicate-header': {
    severity: 'error',
    cause: 'Header names are the same in upper and lower case, and one schema would be lost.',
    hint: 'keep one of them',
  },
  'input/content-type': {
    severity: 'error',
    cause: 'A schema reads JSON and forms, so a body of another type could never be judged.',
    hint: 'write `application/json`, a type that ends in `+json`, `application/x-www-form-urlencoded` or `multipart/form-data`; or `body: any`',
  },
  'input/form-field': {
    severity: 'error',
    cause: 'The fields of a form are texts: one that must be an object could never come.',
    hint: 'describe an object of scalars and lists of scalars, or take JSON alone',
  },
  'input/files': {
    severity: 'error',
    cause:
      'Files come as parts of a `multipart/form-data` body beside the texts that `body` describes, and only that is judged.',
    hint: 'leave `contentTypes` out beside `files`, and give texts and files different names',
  },
  'input/without-body': {
    severity: 'error',
    cause: 'The key says something of a body, and no body is let in.',
    hint: 'declare the `body`, as a schema or as `any`',
  },
  'input/body-on-get': {
    severity: 'error',
    cause: 'Browsers and proxies do not send a body with GET and HEAD (RFC 9110 §9.3.1).',
    hint: 'take the parameters from the `query`, or use POST',
  },
}
