/** The public names of the library. */

export { type Code, Denial, deny, type InputFault } from './core/denial.ts'
export type { Diagnostic } from './core/diagnostic.ts'
export type { FormFile, Input } from './core/exchange.ts'
export type { Principal } from './core/principal.ts'
export { StartFault } from './core/start-fault.ts'
export type { LoaderRequest, Resource, ResourceLoader } from './guards/authorize/resource.ts'
export type { RouteHandler, RouteState } from './handlers/route-handler.ts'
export { diagnose } from './library/diagnose.ts'
export type { DecisionEvent, PolicyEvent, PortcullisEvents, RefusedEvent } from './library/events.ts'
export type { PortcullisLog, PortcullisOptions } from './library/options.ts'
export { type Portcullis, portcullis } from './library/portcullis.ts'
export type {
  RevocationResult,
  Revocations,
  TimeRevocation,
  TokenRevocation,
  UserRevocation,
} from './library/revocations.ts'
export { PolicyRefused } from './policy/findings.ts'
export { DirectoryFault } from './policy/load.ts'
export { RevocationsFull } from './services/revocation/revocation.ts'
