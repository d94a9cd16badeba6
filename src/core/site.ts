/** Where a block stands: the place in the file, and the few facts about its route that a guard may know. */

/** A place that decisions, logs and audit records quote. */
export interface Source {
  readonly file: string
  readonly line: number
}

/** What is known of a route at start-up; one object a route, shared by its stack, metrics and decisions. */
export interface RouteFacts {
  readonly service: string
  /** As written: GET, POST, … or ANY. */
  readonly method: string
  /** The full pattern, prefix included: `/orders/:id`. */
  readonly path: string
  /** Names of the path's parameters, the wildcard's included. */
  readonly params: readonly string[]
  /** The guards that only report here. */
  readonly reportOnly: readonly string[]
  /** Of the file: what `upstream.prefix` replaces; empty for none. */
  readonly prefix: string
  /** How many units a request takes from each of the route's limits. */
  readonly cost: number
  /** The largest body, of `input`; none where settings say it. */
  readonly maxBytes?: number | undefined
  /** The destination logs browsers in: its callers are to be guarded before they have a credential. */
  readonly beginsSession?: boolean
  readonly source: Source
}

export interface Site extends Source {
  /** `profile/`, `service/` or `service/METHOD /path/`: who owns what this block counts. */
  readonly owner: string
  /** Absolute path of the folder that relative paths in the block start from. */
  readonly folder: string
  readonly route: RouteFacts
  /** The site of one item of a list block; with `inherit`, items come from several places. */
  item(index: number): Site
}
