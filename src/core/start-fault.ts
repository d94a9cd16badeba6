/** Why the server cannot start, in a sentence that says what to do; the command prints it and ends with status 3. */
export class StartFault extends Error {
  override readonly name = 'StartFault'
}
