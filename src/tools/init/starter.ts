/** The policy to begin with: small, whole, and served as it stands. */

/** `name` is a service's name, `directory` the folder as people will type it. */
export const starter = (name: string, directory: string): string => `\
# The policy of \`${name}\`: who may call which route, how often, and with what. What no route names is answered 404.

service: ${quoted(name)}

settings:
  listen: { host: 127.0.0.1, port: 8080 } # this machine alone; others are answered under settings.tls

issuers:
  # Whose tokens count. This one is signed by the server itself, for development:
  #   npx portcullis token ${directory} --sub alice --scopes notes:read,notes:write
  local: { builtin: true, audience: ${quoted(name)}, scopes: [notes:read, notes:write] }
  # In earnest, name your identity provider, and put \`corp\` in the place of \`local\` below:
  # corp:
  #   issuer: https://login.example/ # the \`iss\` of its tokens, compared whole
  #   audience: ${quoted(name)} # a token made for another service does not count here
  #   algorithms: [RS256, ES256] # the token never chooses
  #   jwks: https://login.example/.well-known/jwks.json

# Where allowed requests go: your service, in any language. With it, take \`reply\` out of the routes below.
# upstream: http://127.0.0.1:9000

defaults: # holds for every route, unless it says otherwise
  authenticate: { jwt: { issuers: [local] } }
  cors: { origins: ['http://localhost:3000'] } # the pages that may read answers in a browser
  rateLimit:
    - { by: ip, limit: 300, per: 1m } # one address, over all routes together
    - { by: user, limit: 120, per: 1m } # one caller, on whatever address

routes:
  GET /health:
    because: probes carry no token # without a reason, \`check\` warns of what is weaker than the defaults
    authenticate: public
    builtin: health

  GET /notes:
    scopes: [notes:read] # what the token must be meant for
    input:
      query: # no other parameter gets in
        page: { type: integer, minimum: 1, maximum: 1000, default: 1 }
    reply: { body: [{ id: 1, text: hello }] } # a fixed answer, until there is an upstream

  POST /notes:
    scopes: [notes:write]
    rateLimit: [inherit, { by: user, name: create, limit: 20, per: 1m }] # beside those that it inherits
    input:
      body: # JSON Schema; no other member gets in
        type: object
        required: [text]
        properties:
          text: { type: string, minLength: 1, maxLength: 500, transform: [trim, nfc] } # cleaned before it goes on
    reply: { status: 201, body: { id: 2 } }
`

/** A name that YAML would read as something else stands in quotes. */
const quoted = (name: string): string => (/^[A-Za-z][A-Za-z0-9-]*$/.test(name) && !word.test(name) ? name : `'${name}'`)
const word = /^(true|false|null|yes|no|on|off|y|n)$/i
