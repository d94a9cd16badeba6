/** Bodies that go out in one write with their head. */

const mostBytes = 16 * 1024

/** Whether a copy of the body costs less than a second write. */
export const fitsOnePiece = (body: Buffer): boolean => body.length <= mostBytes
