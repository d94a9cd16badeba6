/** Tells data from the other kinds of body that a handler may answer with. */

/** Data, as most bodies are: told before the web's classes are asked for, whose first mention loads them. */
export const isData = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && (Array.isArray(body) || Object.getPrototypeOf(body) === Object.prototype)
