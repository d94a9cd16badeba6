/** What the identity routes are sent: closed bodies, declared here so that nobody has to write them. */

import { boolean, type Infer, object, type Schema, string } from '../../../schema/builder.ts'

const refreshToken = string({ minLength: 1, maxLength: 512 })

export const loginBody = object({
  username: string({ minLength: 1, maxLength: 256 }),
  password: string({ minLength: 1, maxLength: 1_024 }),
})
export const refreshBody = object({ refresh_token: refreshToken })
export const logoutBody = object({ 'refresh_token?': refreshToken, 'all?': boolean() })

export const passwordBody = object({
  current: string({ minLength: 1, maxLength: 1_024 }),
  new: string({ minLength: 1, maxLength: 1_024 }),
})

export type PasswordBody = Infer<typeof passwordBody>
export type LoginBody = Infer<typeof loginBody>
export type RefreshBody = Infer<typeof refreshBody>
export type LogoutBody = Infer<typeof logoutBody>

const maxBytes = '8kb'

/** The block of `input` that stands for what is not written. */
export const inputOf = (body: Schema<unknown>, bodyRequired = true) => ({
  input: Object.freeze({ body: body.json, bodyRequired, maxBytes }),
})
