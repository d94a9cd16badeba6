/** What a worker and its primary process say to each other: things told, and things asked that are answered, in the order of their sending. */

interface Message {
  /** Ours, among what else goes over the channel. */
  readonly portcullis: string
  /** Of what is asked, and of its answer. */
  readonly id?: number
  readonly body?: unknown
  /** What came of it instead of an answer. */
  readonly fault?: string
}

type Handler = (body: never) => unknown

const answer = 'answer'

/** The other process is gone, or has said that it cannot. */
export class LinkFault extends Error {
  override readonly name = 'LinkFault'
}

export class Link {
  readonly #post: (message: Message) => void
  readonly #failed: (error: unknown) => void
  readonly #handlers = new Map<string, Handler>()
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #endings: (() => void)[] = []
  #lastId = 0
  #isClosed = false

  /** `post` sends a message; it may be lost where the other process is gone. `failed` is told where one cannot be taken in. */
  constructor(post: (message: object) => void, failed: (error: unknown) => void) {
    this.#post = post
    this.#failed = failed
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Takes what is told or asked by this name; what it returns, or what that resolves to, is the answer. */
  handle<Body>(name: string, handler: (body: Body) => unknown): void {
    this.#handlers.set(name, handler as Handler)
  }

  /** Is called once, when the other process is gone. */
  ended(run: () => void): void {
    this.#endings.push(run)
  }

  tell(name: string, body?: unknown): void {
    if (!this.#isClosed) this.#post({ portcullis: name, body })
  }

  /** Rejects with `LinkFault` where the other process is gone before it answers, or says that it cannot. */
  ask<Answer>(name: string, body?: unknown): Promise<Answer> {
    if (this.#isClosed) return Promise.reject(new LinkFault('the other process is gone'))
    const id = ++this.#lastId
    const asked = Promise.withResolvers<unknown>()
    this.#asked.set(id, asked)
    this.#post({ portcullis: name, id, body })
    return asked.promise as Promise<Answer>
  }

  /** Takes in whatever comes over the channel. */
  readonly receive = (message: unknown): void => {
    if (typeof message !== 'object' || message === null || !('portcullis' in message)) return
    const { portcullis: name, id, body, fault } = message as Message
    if (name === answer) this.#settle(id ?? 0, body, fault)
    else if (id === undefined) this.#take(name, body)
    else void this.#answer(id, name, body)
  }

  /** The other process is gone. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const asked of this.#asked.values()) asked.reject(new LinkFault('the other process is gone'))
    this.#asked.clear()
    for (const run of this.#endings) run()
  }

  #take(name: string, body: unknown): void {
    try {
      this.#handlers.get(name)?.(body as never)
    } catch (error) {
      this.#failed(error)
    }
  }

  #settle(id: number, body: unknown, fault: string | undefined): void {
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    if (fault === undefined) asked?.resolve(body)
    else asked?.reject(new LinkFault(fault))
  }

  async #answer(id: number, name: string, body: unknown): Promise<void> {
    try {
      this.#say({ id, body: await this.#handlers.get(name)?.(body as never) })
    } catch (error) {
      this.#say({ id, fault: (error as Error).message })
    }
  }

  #say(rest: Omit<Message, 'portcullis'>): void {
    if (!this.#isClosed) this.#post({ portcullis: answer, ...rest })
  }
}
