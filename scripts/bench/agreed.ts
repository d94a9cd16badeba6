/** What every server of the bench and the load agree upon. */

export const issuer = 'https://login.example/'
export const audience = 'orders-api'
export const origin = 'https://shop.example'
export const secret = 'a secret of the bench, longer than thirty-two bytes'
export const scope = 'orders:write'

/** Calls of one user in so many seconds; the environment narrows them where a refusal is measured. */
export const limit = {
  calls: Number(process.env.BENCH_CALLS ?? 100_000_000),
  seconds: Number(process.env.BENCH_SECONDS ?? 60),
}

/** Where a server of the bench listens, and where what it passes on goes. */
export const port = Number(process.env.PORT)
export const upstream = process.env.BENCH_UPSTREAM ?? ''
