/**
 * Problem codes: every code with which a whole request, or one event of it, is refused, and what the sender does about it.
 *
 * The codes are part of the API: they are only ever added. `/docs/errors` lists them with these texts.
 */
import type { EventNoteCode } from '../core/event/note.ts';
import type { EventRejectionCode } from '../core/event/rejection.ts';

/** Codes of a whole request: the `code` of a problem document. */
export const PROBLEM_CODES = {
  'annotation-not-found': 'The tenant has no annotation with that id. `GET /v1/annotations` lists them.',
  'annotations-full': 'The tenant has the largest number of annotations that is allowed. Remove one first.',
  'anchor-invalid': '`anchor` must be "best" or "first".',
  'batch-invalid': 'The body is valid JSON, but it is not an event, a list of events or a batch.',
  'board-changed':
    'The board was changed since the revision that the call names. Read it again; `revision` is the one it has now.',
  'board-not-found': 'The tenant has no board with that id. `GET /v1/boards` lists them.',
  'boards-full': 'The tenant has the largest number of boards that is allowed. Remove one first.',
  'body-empty': 'The body is empty.',
  'body-incomplete': 'The body ended before it was complete. Send the request again.',
  'body-too-large': 'The body is over the limit; `limit` and `met` are in bytes. Send less in one request.',
  busy: 'The tenant has as many calls under way that read events as it may have at a time. Wait as `Retry-After` says and ask again.',
  'cohort-unknown': 'The tenant has no cohort with that id. `GET /v1/cohorts` lists them.',
  'cohorts-full': 'The tenant has the largest number of cohorts that is allowed. Remove one first.',
  'compare-invalid':
    '`compare` must be `{offset: "1 week"}`, and the earlier range must be one that a question may ask for.',
  'conditions-too-many':
    'The steps and filters of the question have more names and conditions than a question may have.',
  'content-encoding-unsupported': 'The body is compressed in a way that is not supported. Use gzip or no compression.',
  'content-type-unsupported': 'The content type of the body is not supported by this call.',
  'control-unavailable': 'The tenant could not be looked up. Send the request again.',
  'cursor-invalid': '`cursor` was not issued by this endpoint. Start again without it.',
  'days-quota-exceeded':
    'The chunks of the tenant’s imports lie on more days a minute than its quota allows. Wait as `Retry-After` says and send the chunk again.',
  'directory-unavailable': 'The list of the tenant’s shards could not be read. Send the request again.',
  'event-unknown':
    'No event of the tenant has the name in `event`; most often it is misspelt. The detail lists similar names. `allowUnknown: true` asks all the same.',
  'events-invalid': '`events` does not fit its schema.',
  'events-too-large':
    'The events of the request, each with the context that all of them share, are larger than one request may be. Send fewer events, or a smaller common `context`.',
  'exact-invalid': '`exact` must be true or false.',
  'exclusions-invalid': '`exclusions` does not fit its schema, or names steps that the funnel does not have.',
  'export-not-found':
    'No finished export has that id: it is still running, it broke off, or it ended more than a week ago.',
  'export-tail-too-long':
    'The shards hold more events that are not stored yet than an export can read. Try again in a minute.',
  'field-unknown': 'The question has a member that this call does not know; `path` names it.',
  'formula-invalid':
    'The formula cannot be parsed, its operands do not fit together, or it makes too many values; the detail says where.',
  'gap-invalid': '`gapSeconds` is out of bounds.',
  'group-by-invalid': '`groupBy` does not fit its schema.',
  'gzip-invalid': 'The body is not valid gzip.',
  'history-invalid': '`historyDays` is out of bounds.',
  'import-chunk-conflict':
    'A chunk with that number is stored with other content. Send the changed data as another version of the import.',
  'import-closed':
    'The version of the import is finished without such a chunk, or it was dropped because nothing came for a week. Draw a new version.',
  'import-exists':
    'An import with that id is finished from something else, or was taken back. `replace` makes a version that takes its place; another id makes another import.',
  'import-incomplete':
    'Chunks of the version are not stored, or more are stored than the finish names. Send the missing ones, then finish again.',
  'import-not-found': 'The tenant has no import with that id, or the import no such version.',
  'import-superseded':
    'A greater version of the import is finished, or the import was taken back: this version counts no more.',
  'import-unavailable': 'A store did not answer. Send the chunk again; no event is counted twice.',
  'insight-not-found': 'The tenant has no insight with that id. `GET /v1/insights` lists them.',
  'insights-full': 'The tenant has the largest number of insights that is allowed. Remove one first.',
  internal: 'The server failed; the failure was logged. It is safe to send the request again.',
  'interval-unknown': '`interval` must be minute, hour, day, week or month.',
  'intervals-invalid': '`intervals` is out of bounds.',
  'json-invalid': 'The body is not valid JSON.',
  'key-has-descendants':
    'The key made keys or share links that are active; `descendants` lists them. Say `descendants=revoke` to end them too, or `descendants=keep`.',
  'key-last-admin':
    'Without the key the tenant would have no admin key. Make another one first, or revoke it with the root key.',
  'key-malformed': 'The key does not have the form of a Tidemark key.',
  'key-missing': 'The call needs a key and the request has none.',
  'key-not-found': 'The tenant has no key with that id.',
  'key-revoked': 'The key was revoked. Use another one.',
  'key-root': 'The call needs the root key.',
  'key-scope': 'The key is valid but has another scope; `needed` names the scope that the call needs.',
  'key-unknown': 'The key was not issued by this platform, or the root key has changed since.',
  'keys-full': 'The tenant has the largest number of active keys that is allowed. Revoke one first.',
  'last-invalid': '`last` must be a number and a unit, such as `30 days`, in place of `from` and `to`.',
  'matcher-invalid':
    'The description of which events are meant does not fit its schema, or is missing; `path` says where.',
  'measure-invalid': '`measure` does not fit its schema.',
  'method-not-allowed': 'The path exists for other methods; the header `Allow` lists them.',
  'mode-invalid': 'The value at `path` is not one of those that the field allows.',
  'not-ready': 'A dependency does not answer yet. Try again.',
  'origin-not-allowed': 'The tenant lists the origins that may send events, and this origin is not on the list.',
  'links-quota-exceeded':
    'The tenant sends more events that link ids (identify, alias) a day than its quota allows. Wait as `Retry-After` says and send the request again.',
  'live-full': 'The tenant has as many live connections as it may have. Close some, or come back later.',
  'live-unavailable': 'The live stream could not be opened. Open it again.',
  overloaded: 'A shard cannot take more events now. Wait as `Retry-After` says and send the request again.',
  'person-not-found': 'No event of a person with that id is stored.',
  'property-unknown':
    'No event of the tenant has the property named in `property`; most often the name is misspelt. The detail lists similar names. `allowUnknown: true` asks all the same.',
  'query-invalid': 'The question does not fit its schema; `path` says where.',
  'query-tail-too-long':
    'The shards hold more events that are not stored yet than a question can read. Wait as `Retry-After` says and ask again.',
  'query-too-large':
    'The question would have to read or hold more than one question may. Ask for a shorter range or for fewer groups.',
  'questions-quota-exceeded':
    'The tenant asks more questions a minute than its quota allows. Wait as `Retry-After` says and ask again.',
  'quota-exceeded':
    'The tenant sends more events a minute than its quota allows. Wait as `Retry-After` says and send the request again.',
  'range-invalid': '`from` or `to` is neither an instant nor a date.',
  'range-inverted': '`to` must be after `from`.',
  'range-too-wide': 'The range has more days than a question may span.',
  'request-over-quota':
    'The request has more than ten times what the quota of the tenant allows in its time. Waiting does not help: send less at a time.',
  'request-invalid': 'The request does not fit its schema; `path` is the first place, `errors` lists all of them.',
  'rollup-built-in': 'Built-in rollups can be neither added again nor removed.',
  'rollup-not-found': 'The tenant has no rollup with that id. `GET /v1/rollups` lists them.',
  'rollups-full': 'The tenant has the largest number of rollups that is allowed. Remove one first.',
  'route-not-found': 'The path does not exist. `/docs` lists all calls.',
  'shard-map-stale': 'The tenant is being spread over more shards. Send the request again.',
  'shard-unavailable': 'A shard did not answer. Send the request again.',
  'share-not-found': 'The tenant has no active share link with that id. `GET /v1/shares` lists them.',
  'share-quota-exceeded':
    'The share link is read more often than one link may be. Wait as `Retry-After` says and read it again.',
  'shares-full': 'The tenant has the largest number of active share links that is allowed. Revoke one first.',
  'shards-shrink': 'The number of a tenant’s shards only grows.',
  'step-invalid': '`step` is outside the funnel’s steps.',
  'steps-invalid': '`steps` does not fit its schema: there are too few or too many steps, or one of them is empty.',
  'tenant-deleted': 'The tenant of the key was deleted.',
  'tenant-exists': 'Another tenant has that id. Choose another one.',
  'tenant-missing': 'With the root key, the call needs the id of a tenant in `tenant`.',
  'tenant-not-found': 'There is no tenant with that id. `GET /v1/tenants` lists them.',
  'tenant-other': 'The key belongs to another tenant than the one that the request names.',
  'ticket-invalid':
    'The ticket was used before, it has ended, its key was revoked, or it is no ticket. Make a new one with `POST /v1/live/ticket`.',
  'tile-not-found': 'The board has no tile with that id.',
  'timezone-unknown': '`timezone` is not an IANA time zone.',
  'storage-quota-exceeded':
    'The tenant takes more bytes of the database than its quota allows. Drop old data with `PUT /v1/retention`, or have the quota raised.',
  'too-many-days':
    'The events of the chunk lie on more days than those of one chunk may. Sort them by time and send the days in several chunks; `tidemark import` does.',
  'too-many-events': 'The request has more events than one request may have. Send fewer at a time.',
  'too-many-points': 'The answer would have more points than an answer may have. Choose a longer interval.',
  'top-invalid': '`top` is out of bounds.',
  'utf8-invalid': 'The body is not valid UTF-8.',
  'where-invalid': '`where` does not fit its schema.',
  'window-invalid': '`windowSeconds` is out of bounds.',
} as const satisfies Readonly<Record<string, string>>;
export type ProblemCode = keyof typeof PROBLEM_CODES;

/** Codes of one event, in the `errors` of a verdict. The other events of the request are not affected. */
export const EVENT_CODES: Readonly<Record<EventRejectionCode, string>> = {
  'context-invalid': '`context` is not a JSON object.',
  'event-not-object': 'The event is not a JSON object.',
  'event-too-large': 'The event has more bytes of JSON than an event may have.',
  'group-id-invalid': '`groupId` is neither a text nor a number, or it is too long.',
  'id-invalid':
    '`id` (or `messageId`) is neither a text nor a number, is empty, or is too long. Leave it out to be given one.',
  'json-invalid': 'The line is not valid JSON.',
  'key-differs':
    'The event carries another key than the first event of its request; the events of a request are of one tenant.',
  'key-forbidden': 'No longer given: `__proto__`, `constructor` and `prototype` are keys like others.',
  'name-invalid': 'The name of the event is not a text.',
  'name-missing': 'A track event needs a name in `event`.',
  'name-too-long': 'The name of the event is too long.',
  'number-unsafe':
    'A number beyond ±(2^53 − 1) has lost digits, and the request does not tell them. Send it as a text.',
  'operation-unsupported': 'The event asks for what no event does here, such as deleting a profile.',
  'person-id-invalid': '`userId` or `anonymousId` is neither a text nor a number, or it is too long.',
  'properties-invalid': '`properties` (or `traits`) is not a JSON object.',
  'properties-too-deep': 'The properties or the context are nested too deeply.',
  'properties-too-many-keys': 'The properties or the context have too many keys, nested ones included.',
  'text-invalid': 'The line is not valid UTF-8.',
  'timestamp-invalid': 'A time is neither ISO 8601 with a zone nor a number since 1970.',
  'timestamp-missing':
    'An imported event has no `timestamp`. `x-import-time: now` takes the time of the receipt for it.',
  'timestamp-out-of-range':
    'The event would lie before 1990, or its time is a number that lies between 1990 and 2100 in no unit.',
  'timestamp-too-old':
    'The event is older than the seven days that a browser key may look back. A server key, or an import, may send it.',
  'type-unknown': '`type` must be track, page, screen, identify, group or alias.',
};

/** Codes of the `notes` of a verdict: a value of an event was left out or changed, and the event was taken. */
export const NOTE_CODES: Readonly<Record<EventNoteCode, string>> = {
  'address-removed': 'The key names an IP address. The value is not stored, unless the tenant keeps addresses.',
  'alias-untrusted':
    "A browser key's alias joins no two users: it links the `anonymousId` of its own event alone, given as `previousId`. A server key may send others.",
  'credentials-removed': 'A URL in the text held a user name or a password. They are not stored.',
  'junk-id':
    'The id stands for an empty variable or for nobody, such as `undefined`, `0` or `guest`. It counts as not given.',
  'number-as-text': 'The number is beyond ±(2^53 − 1). It is kept as a text, with all its digits.',
  'parameters-removed':
    'Parameters of the URL are not stored: they are neither on the list of campaigns nor on that of the tenant.',
  'person-full':
    'The person has as many ids as a person may have. The event counts; an id that is new to the person is not linked.',
  'text-repaired': 'The text or key holds a NUL or half of a surrogate pair. Each of them is U+FFFD now.',
  'timestamp-clamped': 'The time lies in the future. It is five minutes after the receipt now.',
};
