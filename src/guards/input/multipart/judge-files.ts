/** Judges the files of a form against what is declared of each. */

import type { InputFault } from '../../../core/denial.ts'
import { readSize } from '../../../core/duration.ts'
import type { FormFile } from '../../../core/exchange.ts'
import { alternatives, count } from '../../../schema/phrases.ts'
import type { FileBlock } from '../input-block.ts'
import { shownPath } from '../judgement.ts'
import { readMediaType } from '../media-type.ts'
import type { Part } from './read-multipart.ts'

export type FileBlocks = Readonly<Record<string, FileBlock>>
export type Files = Readonly<Record<string, readonly FormFile[]>>

/** The files by field, without prototype; a field that was left empty has none. */
export function filesOf(parts: readonly Part[]): Files {
  const files: Record<string, FormFile[]> = Object.create(null)
  for (const { name, fileName = '', contentType = '', content } of parts) {
    files[name] ??= []
    if (fileName !== '') files[name].push({ name: fileName, type: readMediaType(contentType).essence, bytes: content })
  }
  return files
}

export function judgeFiles(blocks: FileBlocks, files: Files): InputFault[] {
  const undeclared = Object.keys(files).filter((name) => !Object.hasOwn(blocks, name))
  return [
    ...undeclared.map((name) => fault([name], 'additionalProperties', 'unknown file')),
    ...Object.entries(blocks).flatMap(([name, block]) => judgeField(name, block, files[name] ?? [])),
  ]
}

function judgeField(name: string, block: FileBlock, files: readonly FormFile[]): InputFault[] {
  const { required = false, maxItems = 1 } = block
  if (files.length === 0) return required ? [fault([name], 'required', 'missing file')] : []
  if (files.length > maxItems) return [fault([name], 'maxItems', `expected at most ${count(maxItems, 'file')}`)]
  return files.flatMap((file, index) => judgeFile(maxItems === 1 ? [name] : [name, index], block, file))
}

function judgeFile(path: (string | number)[], { contentTypes, maxBytes }: FileBlock, file: FormFile): InputFault[] {
  const isKnown = contentTypes === undefined || contentTypes.includes(file.type)
  const isSmall = maxBytes === undefined || file.bytes.length <= readSize(maxBytes)
  return [
    ...(isKnown ? [] : [fault(path, 'contentTypes', `expected a file of type ${typesIn(contentTypes)}`)]),
    ...(isSmall ? [] : [fault(path, 'maxBytes', `expected a file of at most ${maxBytes}`)]),
  ]
}

const typesIn = (types: readonly string[]): string => alternatives(types.map((type) => `\`${type}\``))

const fault = (path: (string | number)[], rule: string, message: string): InputFault => ({
  in: 'body',
  path: shownPath(path),
  rule,
  message,
})
