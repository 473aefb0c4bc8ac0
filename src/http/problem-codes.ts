/**
 * ProblemCodes: every code a whole request may be refused with, and what to do. Part of the API: codes are only ever added.
 */
export const PROBLEM_CODES: Readonly<Record<string, string>> = {
  'body-too-large': 'The body is over the limit; `limit` and `met` are in bytes. Send less at a time.',
  'control-unavailable': 'The tenant could not be looked up. Send the request again.',
  internal: 'A fault of ours; it was logged. Sending the request again is safe.',
  'json-invalid': 'The body is not valid JSON.',
  'key-malformed': 'What was sent as a key does not have the form of one.',
  'key-missing': 'The call needs a key and none was sent.',
  'key-not-found': 'The tenant has no key of that id.',
  'key-revoked': 'The key was revoked.',
  'key-root': 'The call needs the root key.',
  'key-scope': 'The key is valid, but of another scope: `needed` says which.',
  'key-unknown': 'The key was not made by this platform, or its root key was changed since.',
  'keys-full': 'The tenant has as many keys as it may; revoke one.',
  'method-not-allowed': 'The path exists for other methods: see `Allow`.',
  'not-ready': 'A dependency does not answer yet.',
  'request-invalid': 'The request does not fit its schema; `path` is the first place, `errors` lists them.',
  'rollup-built-in': 'Built-in rollups can neither be added again nor removed.',
  'rollup-not-found': 'The tenant has no rollup of that id.',
  'rollups-full': 'The tenant has as many rollups as it may; remove one.',
  'route-not-found': 'There is no such path.',
  'tenant-deleted': 'The tenant of the key was deleted.',
  'tenant-exists': 'The id is taken by another tenant.',
  'tenant-missing': 'With the root key the call needs the id of a tenant.',
  'tenant-not-found': 'There is no tenant of that id.',
  'tenant-other': 'The key sent is of another tenant than the one named.',
};
