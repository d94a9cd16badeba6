/** Why a document cannot be imported, in a sentence that says what to do. */
export class ImportFault extends Error {
  override readonly name = 'ImportFault'
}
