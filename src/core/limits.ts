/**
 * Limits: every bound of the product, in one place, each with its reason. Units are in the names.
 *
 * A request over a limit is refused with a stable code that names the limit and the value it met.
 */

const KIB = 1024;
const MIB = 1024 * KIB;
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const LIMITS = {
  /** Unpacked body of an ingest request. Segment's batch limit is 500 KB; ten times that fits one Worker turn. */
  bodySizeBytesMax: 5 * MIB,
  /**
   * Unpacked body of a request without a key in its headers: it is parsed before anyone is known, for the key a vendor's
   * protocol or a beacon has in the body. Segment's batch limit is 500 KB, a beacon's 64 KB.
   */
  keylessBodySizeBytesMax: 512 * KIB,
  /** Events in one ingest request: keeps the edge under ~50 ms of CPU. */
  requestEventsMax: 2_500,
  /** One event as JSON; Segment's own limit. */
  eventSizeBytesMax: 32 * KIB,
  /**
   * What a request's events come to once its context is laid over each, as texts and as blocks. Twice a body: it is reached
   * by repetition alone. Well below the 16 MiB that wait in a shard and the 32 MiB of a call.
   */
  requestStoredSizeBytesMax: 10 * MIB,
  propertyDepthMax: 8,
  propertyKeysMax: 256,
  nameLengthMax: 200,
  idLengthMax: 256,

  /** An event later than this after its receipt has a broken clock: it is clamped and flagged. */
  futureClampMs: 5 * MINUTE_MS,
  /** A client clock is "provably fast" when `sentAt` is beyond the receipt by more than this. */
  fastClockMs: 30 * SECOND_MS,
  /** The earliest event time taken: before it a timestamp is a unit error (seconds for milliseconds), not history. */
  atMsMin: 631_152_000_000,

  /** Older events go to the lake as an import would. */
  allowedLatenessMs: 7 * DAY_MS,
  /** Ids are remembered this long after receipt. Must exceed `allowedLatenessMs`. */
  dedupeHorizonMs: 8 * DAY_MS,
  /** Ids held whole before they become a sorted run: 1 MiB of run, under SQLite's 2 MB a value. */
  dedupeRecentIdsMax: 131_072,
  /** Ids a shard remembers, 3 bytes each: with all else it holds it stays below the 128 MB of its isolate. */
  dedupeIdsMax: 24_000_000,
  outOfOrdernessMs: 30 * SECOND_MS,
  idleMs: 60 * SECOND_MS,

  /** Cells of one rollup in one window; the rest is counted under `other`. */
  windowCellsMax: 1_000,
  rollupsMax: 16,
  rollupDimensionsMax: 4,
  /** Each costs up to a few hundred bytes in every cell. */
  rollupNumbersMax: 8,
  dimensionValueLengthMax: 256,

  /** A flush is cut at whichever comes first (CORRECTNESS A6). */
  flushEventsMax: 10_000,
  flushSizeBytesMax: 8 * MIB,
  flushAgeMsMax: 10 * MINUTE_MS,
  /** A D1 row stays under this; bigger payloads are split into numbered chunks of one batch. */
  d1RowSizeBytesMax: 1_000_000,
  /** One EventBlock: with its log row under SQLite's 2 MB a value. */
  blockSizeBytesMax: 1 * MIB,
  /** One log row: the blocks of a group commit. */
  logRowSizeBytesMax: 1_800_000,
  /** The log of a shard; beyond it appends are refused with 429 until the sinks catch up. */
  logSizeBytesMax: 64 * MIB,
  /** Flushes of a shard that wait to be stored; their cells are in memory. An old flush is not cut beyond a quarter of it. */
  waitingFlushesMax: 64,
  /** Cells of a shard in memory, those that are open and those that wait to be stored: windows × tuples × rollups. */
  waitingCellSizeBytesMax: 60 * MIB,
  /** Cells of one flush: it is cut at them, so that a storm of old timestamps, or of long dimensions, makes small flushes. */
  flushCellSizeBytesMax: 15 * MIB,
  /** What a refused client is asked to wait, at the least and at the most. */
  retryAfterMsMin: 1_000,
  retryAfterMsMax: 60_000,
  /** A page of `readFlush` and of `readTail`. */
  rpcPageSizeBytesMax: 4 * MIB,

  /** One import chunk. Rows as in a flush times two: an import is not latency-bound. */
  importChunkRowsMax: 20_000,
  /**
   * Unpacked. Bytes, text, one event's objects, JSON written again, columns and file are in memory together, up to eight
   * times this: 128 MB an isolate. The CLI cuts at 10 MiB.
   */
  importChunkSizeBytesMax: 12 * MIB,
  /** What a chunk's events come to as texts: it is reached by numbers that are longer when written out. */
  importChunkStoredSizeBytesMax: 24 * MIB,
  importIdLengthMax: 64,

  /** Rows of one L1 file, and what a seal holds in memory at a time: 128 MB an isolate, about 1 KB a row decoded. */
  sealBucketRowsMax: 50_000,
  /** Ids one task of a seal compares: 40 bytes each. */
  sealIdsMax: 524_288,
  /** A day is sealed this long after its end: late events have mostly come by then. */
  sealAfterMs: 2 * HOUR_MS,
  /** One seal of a day at a time; a dead one is taken over after this. */
  sealLeaseMs: 90 * SECOND_MS,
  /** Days one command may ask to be sealed. */
  sealDaysMax: 4_000,

  /** Formulas of one call, and what one may hold: an arithmetic of people, not of programs. */
  formulasMax: 12,
  formulaLengthMax: 500,
  formulaNodesMax: 100,
  formulaDepthMax: 32,
  /** Values that all formulas of a call make on their way, 10 to 50 ns each: half a second of CPU. */
  formulaValuesMax: 20_000_000,
  /** Points of all formulas' answers: as many as those of all questions of a call may have, about 60 bytes each. */
  formulaPointsMax: 700_000,
  /** Points of a moving average. */
  formulaWindowMax: 366,
  /** Event names with a retention of their own: each is looked up for every day that is read or sealed. */
  expiryEventsMax: 100,
  /** Saved questions of a tenant, each up to `queryBodySizeBytesMax`. */
  insightsMax: 200,
  /** An insight's kept answer: a bigger one is worked out each time. A D1 value stays under 2 MB. */
  insightAnswerSizeBytesMax: 1_000_000,

  queryRangeDaysMax: 400,
  queryGroupByMax: 2,
  queryTopMax: 1_000,
  queryTopDefault: 100,
  queryPointsMax: 50_000,
  /** Groups one answer ranks: about 60 MB at the most, with texts of 100 characters. */
  queryGroupsMax: 200_000,
  /** What a question holds while it reads events: groups, their points, people. Half of an isolate; the rest is what is read. */
  queryHeldSizeBytesMax: 64 * MIB,
  /** People of each group and interval, counted exactly: a table of 50 MB, and half of that again while it grows. */
  queryPeopleMax: 2_097_152,
  /**
   * Events of the shards' tails that a question holds: 64 shards with a flush that gathers and one that waits have as many at
   * times. Beyond it the sinks are behind: asked to come again.
   */
  queryTailEventsMax: 1_000_000,
  /** The same in memory, with the texts that the question looks at: what an isolate of 128 MB has room for. */
  queryTailSizeBytesMax: 96 * MIB,
  /** Questions of one call. */
  queryBatchMax: 12,
  queryConditionsMax: 64,
  /** Nesting of and, or, not. */
  queryConditionDepthMax: 8,
  /** Values of one `in`. */
  queryConditionValuesMax: 256,
  queryBodySizeBytesMax: 64 * KIB,
  /** Stored files, and bytes of them, that are looked through for a property before a question with it is answered all the same. */
  propertyProbeFilesMax: 256,
  propertyProbeSizeBytesMax: 32 * MIB,
  /** Rows one lake scan may touch before it is refused with `query-too-large`. */
  scanRowsMax: 20_000_000,
  /** Rows of one day that no seal covers and of which a scan compares the ids: some 50 MB and two readings. A sealed day has no such bound. */
  mixedRowsMax: 5_000_000,
  /** A scan of fewer rows is not shared out: the query itself has them in a third of a second. */
  scanSharedRowsMin: 300_000,
  /** Scanners of a tenant's pool. */
  scannersMax: 8,
  /** Of one question, each, on the wall: ten times what a scan should take, for scanners on one core wait for each other. */
  scannerBudgetMs: 30 * SECOND_MS,
  scannerRowsMax: 5_000_000,
  /** Ranges of files a scanner remembers. */
  scannerCacheSizeBytesMax: 32 * MIB,
  /** Footers of files that an isolate keeps, as bytes, with the texts they came as: one of a day has 10 KB. */
  footersSizeBytesMax: 4 * MIB,
  /** Of those, parsed: 140 KB one of a day, 7 MB one of a year. */
  parsedFootersSizeBytesMax: 24 * MIB,
  /** Events of one page of the explorer. */
  eventsPageMax: 100,
  /** Stored events whose times and ids one page of the explorer may look at: about a second of CPU. */
  eventsRowsMax: 1_000_000,

  /** Steps of one funnel: each is a bit of a 32-bit mask, beside its exclusions. */
  funnelStepsMax: 20,
  funnelExclusionsMax: 8,
  /** Steps of paths, beside the one they begin or end at. */
  pathStepsMax: 10,
  /** Nodes of one step of paths. */
  pathTopMax: 50,
  /** Names and conditions of all steps and filters of a journey: what every event is tested for. */
  journeyConditionsMax: 256,
  /** Days before the range that are read to know who is new in it. */
  journeyHistoryDays: 90,
  /** Groups a journey's breakdown lists. */
  journeyTopMax: 100,
  journeyTopDefault: 10,
  /** Numbers a journey keeps while it counts, over all groups and steps: 8 to 60 bytes each. */
  journeyCellsMax: 500_000,
  /** Groups and steps whose times a journey keeps in sketches, once it has two million times: 0.5 to 2 KB each. */
  journeySketchesMax: 30_000,
  /** Events (a person counts as two) that a journey holds at once, about 40 bytes each; beyond it people are divided. */
  journeyHeldMax: 1_000_000,
  /** Times that a journey may read its range because its people do not fit in memory at once. */
  journeyPassesMax: 32,
  /**
   * Stored events that all passes of a journey read together, about a minute of CPU. Most often each is read once; where ids are
   * linked, once a pass.
   */
  journeyReadRowsMax: 100_000_000,
  /** People of one page of a funnel's step. */
  peoplePageMax: 500,

  /** Events of the shards' tails that an export holds, about 1 KB each; beyond it the sink is behind: asked to come again. */
  exportTailEventsMax: 50_000,
  /** Events of one row group, or of one piece of text: what an export holds at a time. */
  exportPieceRowsMax: 10_000,
  /** A client asks for its export's receipt at its end; those who ask later find it for so long. */
  exportReceiptMs: 7 * DAY_MS,

  /** Identity links of a tenant that one answer can follow: about 60 bytes each in memory. */
  linksMax: 500_000,
  /** Linked ids of all tenants that an isolate keeps, 45 bytes each: as many as those of one answer, so that any tenant fits. */
  linkIdsKeptMax: 1_000_000,
  /** People, or groups, whose traits one answer can hold: about 150 bytes each and more with every trait asked for. */
  traitsHeldMax: 300_000,
  cohortsMax: 100,
  cohortIdLengthMax: 40,
  /** Comparisons and event conditions of one cohort. */
  cohortPartsMax: 32,
  cohortDepthMax: 5,
  /** Cohorts of one question: each may have to read events of its own. */
  queryCohortsMax: 8,
  /** Stored events that a profile may be among: of sealed days only the row groups of the person are read. */
  profileRowsMax: 1_000_000_000,
  /** Stored events that are read for it: a person of some ids has one row group a day for each, one of thousands nearly all. */
  profileReadRowsMax: 20_000_000,
  /** Names of events, groups and ids that a profile lists. */
  profileListMax: 200,

  tenantIdLengthMax: 40,
  /** Active keys of a tenant: they are loaded with its configuration. */
  keysMax: 100,
  /** Bodies of the control routes: a rollup with its condition is the biggest. */
  controlBodySizeBytesMax: 64 * KIB,
  /** How long an edge isolate may serve a tenant's configuration without looking again: the bound on a key's revocation. */
  tenantCacheMs: 30 * SECOND_MS,
  shardsMax: 64,

  /** A new epoch of a shard map starts so far ahead: a cached map's life, the clamp of fast clocks, a minute for skew. */
  splitLeadMs: 30 * SECOND_MS + 5 * MINUTE_MS + MINUTE_MS,
  /** After a split has taken effect a hot shard asks for no other for so long: the load must show first. */
  splitPauseMs: 10 * MINUTE_MS,
  /** A shard is hot when over this time it was offered more than: */
  hotWindowMs: MINUTE_MS,
  /** 500 requests a second: half of what the platform gives an object. */
  hotRequestsMax: 30_000,
  /** 10,000 events a second: about what one sink stores of one shard. */
  hotEventsMax: 600_000,
  /** 4 MB a second: the log is full in 16 s when the sink stands still. */
  hotSizeBytesMax: 240 * MIB,
  /** A shard that remembers a third of what it may is hot, too, when at this rate it would remember nearly all of it. */
  hotIdsMin: 8_000_000,
  /** Events over `splitPauseMs` (all of it after the last split): of 1,296 such stretches in the nine days remembered, 20 million. */
  hotIdEventsMax: 15_000,
  /** A shard without events for so long, and with nothing to store, is left asleep by the sweep. */
  restAfterMs: HOUR_MS,
} as const;
