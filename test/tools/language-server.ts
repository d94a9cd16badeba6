/** yaml-language-server in a process of its own, spoken to as an editor does (LSP 3.17 over stdio, nothing from the network). */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

export interface Position {
  readonly line: number
  readonly character: number
}

export interface Found {
  readonly message: string
  readonly range: { readonly start: Position; readonly end: Position }
}

export interface Completion {
  readonly label: string
  readonly insertText?: string
  readonly documentation?: string | { readonly value: string }
}

type Message = Readonly<Record<string, unknown>>

/** Somebody waits for a message, or for the end of the server. */
interface Waiting {
  matches(message: Message): boolean
  resolve(message: Message): void
  reject(error: Error): void
}

const program = createRequire(import.meta.url).resolve('yaml-language-server/bin/yaml-language-server')
const yaml = {
  schemaStore: { enable: false },
  validate: true,
  hover: true,
  completion: true,
  format: { enable: false },
}

/** What an editor has open. */
interface Workspace {
  readonly folder?: string
  /** `yaml.schemas` of its settings: schema → globs. */
  readonly schemas?: Readonly<Record<string, readonly string[]>>
}

export class LanguageServer {
  readonly #child: ChildProcess
  readonly #settings: Readonly<Record<string, unknown>>
  readonly #waiting = new Set<Waiting>()
  #buffer = Buffer.alloc(0)
  #last = 0

  private constructor(child: ChildProcess, { schemas = {} }: Workspace) {
    this.#child = child
    this.#settings = { yaml: { ...yaml, schemas } }
    child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk))
    child.once('close', (code) => {
      for (const { reject } of this.#waiting) reject(new Error(`the language server ended with ${code}`))
    })
  }

  static async start(workspace: Workspace = {}): Promise<LanguageServer> {
    const child = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] })
    const server = new LanguageServer(child, workspace)
    const rootUri = workspace.folder === undefined ? null : pathToFileURL(workspace.folder).href
    const workspaceFolders = rootUri === null ? null : [{ uri: rootUri, name: 'policies' }]
    const textDocument = {
      hover: { contentFormat: ['markdown'] },
      completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } },
    }
    await server.#ask('initialize', {
      processId: process.pid,
      rootUri,
      workspaceFolders,
      capabilities: { textDocument },
    })
    server.#tell('initialized', {})
    server.#tell('workspace/didChangeConfiguration', { settings: server.#settings })
    return server
  }

  /** Opens a text under the name of a file, and answers what is found in it. */
  async open(file: string, text: string): Promise<Document> {
    const uri = pathToFileURL(file).href
    const found = this.#next(({ method, params }) => method === diagnosed && (params as Message).uri === uri)
    this.#tell('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } })
    const { params } = await found
    return new Document(uri, (params as Message).diagnostics as readonly Found[], (method, details) =>
      this.#ask(method, details),
    )
  }

  async end(): Promise<void> {
    const closed = once(this.#child, 'close')
    await this.#ask('shutdown', null)
    this.#tell('exit', null)
    await closed
  }

  async #ask(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#last
    const answer = this.#next((message) => message.id === id && message.method === undefined)
    this.#send({ id, method, params })
    const { result, error } = await answer
    if (error !== undefined) throw new Error(JSON.stringify(error))
    return result
  }

  #tell(method: string, params: unknown): void {
    this.#send({ method, params })
  }

  #send(message: Message): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    this.#child.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }

  #next(matches: Waiting['matches']): Promise<Message> {
    return new Promise((resolve, reject) => this.#waiting.add({ matches, resolve, reject }))
  }

  #receive(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    for (;;) {
      const head = this.#buffer.indexOf('\r\n\r\n')
      if (head === -1) return
      const length = Number(/Content-Length: (\d+)/i.exec(this.#buffer.toString('latin1', 0, head))?.[1])
      if (this.#buffer.length < head + 4 + length) return
      this.#take(JSON.parse(this.#buffer.toString('utf8', head + 4, head + 4 + length)))
      this.#buffer = this.#buffer.subarray(head + 4 + length)
    }
  }

  #take(message: Message): void {
    if (message.id !== undefined && message.method !== undefined)
      this.#send({ id: message.id, result: this.#answer(message) })
    for (const waiting of [...this.#waiting].filter(({ matches }) => matches(message))) {
      this.#waiting.delete(waiting)
      waiting.resolve(message)
    }
  }

  /** What the server asks of the editor: its settings, by section. */
  #answer({ method, params }: Message): unknown {
    if (method !== 'workspace/configuration') return null
    const { items } = params as { readonly items: readonly { readonly section: string }[] }
    return items.map(({ section }) => this.#settings[section] ?? {})
  }
}

const diagnosed = 'textDocument/publishDiagnostics'

/** An open file. */
export class Document {
  readonly found: readonly Found[]
  readonly #uri: string
  readonly #ask: (method: string, params: unknown) => Promise<unknown>

  constructor(uri: string, found: readonly Found[], ask: (method: string, params: unknown) => Promise<unknown>) {
    this.#uri = uri
    this.found = found
    this.#ask = ask
  }

  async complete(position: Position): Promise<readonly Completion[]> {
    const list = await this.#ask('textDocument/completion', { textDocument: { uri: this.#uri }, position })
    return (list as { readonly items: readonly Completion[] }).items
  }

  async hover(position: Position): Promise<string> {
    const hover = await this.#ask('textDocument/hover', { textDocument: { uri: this.#uri }, position })
    return (hover as { readonly contents: { readonly value: string } } | null)?.contents.value ?? ''
  }
}
