/**
 * Limits: every bound of the product, in one place, each with its reason. Units are in the names.
 *
 * A request over a limit is refused with a stable code that names the limit and the value that exceeds it.
 */

const KIB = 1024;
const MIB = 1024 * KIB;
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Limits that the first page needs stand alone: it then loads no others. */
export const FUTURE_CLAMP_MS = 5 * MINUTE_MS;
export const LIVE_BEAT_MS = 5 * SECOND_MS;

export const LIMITS = {
  /** Unpacked body of an ingest request. Segment's batch limit is 500 KB; ten times that fits one Worker turn. */
  bodySizeBytesMax: 5 * MIB,
  /**
   * Unpacked body of a request without a key in its headers: it is parsed before its tenant is known, because a
   * vendor's protocol or a beacon carries the key in the body. Segment's batch limit is 500 KB, a beacon's 64 KB.
   */
  keylessBodySizeBytesMax: 512 * KIB,
  /** Events in one ingest request; the bound keeps the edge under ~50 ms of CPU. */
  requestEventsMax: 2_500,
  /** One event as JSON; this is Segment's own limit. */
  eventSizeBytesMax: 32 * KIB,
  /**
   * Size of a request's events once its context is laid over each, as texts and as blocks. It is twice a body, so only
   * repetition reaches it, and well below the 16 MiB that wait in a shard and the 32 MiB of a call.
   */
  requestStoredSizeBytesMax: 10 * MIB,
  propertyDepthMax: 8,
  propertyKeysMax: 256,
  nameLengthMax: 200,
  idLengthMax: 256,
  /** Notes of one event in a verdict: an array of repaired values says the same thousands of times. */
  eventNotesMax: 8,
  /** Notes of one verdict: about 100 KB of answer. */
  verdictNotesMax: 1_000,

  /** An event dated later than this after its receipt has a broken clock: it is clamped and flagged. */
  futureClampMs: FUTURE_CLAMP_MS,
  /** A client clock is "provably fast" when `sentAt` is beyond the receipt by more than this. */
  fastClockMs: 30 * SECOND_MS,
  /** Earliest event time taken: 1990. A timestamp before it is an error of its unit or of its clock, not history. */
  atMsMin: 631_152_000_000,
  /** 2100. A number of a later time is of no unit that can be told (std/instant.ts). */
  epochMsMax: 4_102_444_800_000,

  /**
   * Lateness up to which an event is counted in cells. An older one goes to the lake alone, as an imported one does.
   */
  allowedLatenessMs: 7 * DAY_MS,
  /**
   * Age up to which an event of a browser key is taken. Anybody has such a key: older ones could change every day of the past.
   * Clients that were offline send within a week.
   */
  browserAgeMsMax: 7 * DAY_MS,
  /** Time after receipt for which ids are remembered. It must exceed `allowedLatenessMs`. */
  dedupeHorizonMs: 8 * DAY_MS,
  /** Ids held whole before they become a sorted run: 1 MiB of run, under SQLite's 2 MB a value. */
  dedupeRecentIdsMax: 131_072,
  /**
   * Ids that a shard remembers, 3 bytes each: with all else it holds it stays below the 128 MB of its isolate. Beyond, it forgets
   * the oldest receipts.
   */
  dedupeIdsMax: 24_000_000,
  /**
   * Events up to this much younger than what is forgotten may be copies of it: a first copy whose time was ahead of its receipt, by
   * five minutes at most, or whose clock was corrected differently.
   */
  dedupeMarginMs: HOUR_MS,
  /**
   * Slots in a row that a look-up in a table of keyed hashes may pass. At a load of two thirds a run this long has a chance
   * below 1e-20, even among 10^9 hashes: only hashes that somebody has chosen get there.
   */
  tableProbesMax: 1_024,
  outOfOrdernessMs: 30 * SECOND_MS,
  idleMs: 60 * SECOND_MS,

  /** Cells of one rollup in one window; further tuples are counted under `other`. */
  windowCellsMax: 1_000,
  rollupsMax: 16,
  rollupDimensionsMax: 4,
  /** Numeric properties of a rollup. Each costs up to a few hundred bytes in every cell. */
  rollupNumbersMax: 8,
  dimensionValueLengthMax: 256,

  /** Bounds of a flush, which is cut at whichever is reached first (CORRECTNESS A6). */
  flushEventsMax: 10_000,
  flushSizeBytesMax: 8 * MIB,
  flushAgeMsMax: 10 * MINUTE_MS,
  /** A flush of fewer events waits longer for more: its file, its rows and its messages cost as much as those of many. */
  flushFewEventsMax: 1_000,
  flushFewAgeMsMax: 30 * MINUTE_MS,
  /** Size of a D1 row. A bigger payload is split into numbered chunks of one batch. */
  d1RowSizeBytesMax: 1_000_000,
  /** Size of one EventBlock: with its log row it stays under SQLite's 2 MB a value. */
  blockSizeBytesMax: 1 * MIB,
  /** Size of one log row: the blocks of a group commit. */
  logRowSizeBytesMax: 1_800_000,
  /** Size of a shard's log. A fuller log refuses appends with 429 until the sinks catch up. */
  logSizeBytesMax: 64 * MIB,
  /**
   * Flushes of a shard that wait to be stored, with their cells in memory. At a quarter of this number flushes are no
   * longer cut for their age.
   */
  waitingFlushesMax: 64,
  /** Size of a shard's cells in memory, open and waiting to be stored: windows × tuples × rollups. */
  waitingCellSizeBytesMax: 60 * MIB,
  /**
   * Size of the cells of one flush, which is cut at it, so that a storm of old timestamps or of long dimensions makes
   * small flushes.
   */
  flushCellSizeBytesMax: 15 * MIB,
  /**
   * Age from which the parts of a shard are merged by the quarter of an hour, once their hour is over: the last hour is what people
   * watch by the minute, and an hour of minutes has as many bytes of people as ten hours of quarters.
   */
  mergeAfterMs: 90 * MINUTE_MS,
  /**
   * Age from which the parts of few events are merged too: each merge writes the day's part anew, which costs a tenant of few
   * events more than the reading of some small parts.
   */
  mergeFewAfterMs: 6 * HOUR_MS,
  /** Minutes of flushes that were stored within the same stretch of this length become one part. */
  mergeSpanMs: HOUR_MS,
  /**
   * Events that all shards of a tenant must have stored together before their minutes are merged: two full flushes. Fewer are read
   * as fast as they are. Their quarters of an hour wait for as many, or until they are old.
   */
  mergeMinutesEventsMin: 20_000,
  /** The same of one of many shards. */
  mergeShardEventsMin: 1_000,
  /**
   * Time after a shard has said that it knows a flush to be stored: no question takes as long. Scanners have half a minute, and a
   * call waits for others for a minute.
   */
  mergeGraceMs: 10 * MINUTE_MS,
  /** The same while few events come: what is due is looked up seldom. */
  mergePauseMs: 30 * MINUTE_MS,
  /** Size of the cells that are merged into one part: those of a flush (CORRECTNESS A6). */
  mergeSizeBytesMax: 8 * MIB,
  /** People of all cells that are merged into one part, each as often as cells have it: 32 bytes each while they are merged. */
  mergeMembershipsMax: 1_000_000,
  /** The same of one chunk of cells: 16 MB where it is decoded cell by cell. */
  chunkMembershipsMax: 500_000,
  /** Bounds of the wait that a refused client is asked for. */
  retryAfterMsMin: 1_000,
  retryAfterMsMax: 60_000,
  /** Size of a page of `readFlush` and of `readTail`. */
  rpcPageSizeBytesMax: 4 * MIB,

  /** Rows of one import chunk: twice those of a flush, because an import is not latency-bound. */
  importChunkRowsMax: 20_000,
  /**
   * Unpacked import chunk. Its bytes, text, one event's objects, JSON written again, columns and file are in memory
   * together, up to eight times this, in an isolate of 128 MB. The CLI cuts at 10 MiB.
   */
  importChunkSizeBytesMax: 12 * MIB,
  /** Size of a chunk's events as texts. Numbers that are longer when written out reach it. */
  importChunkStoredSizeBytesMax: 24 * MIB,
  importIdLengthMax: 64,
  /** A hash of what a version of an import was made from, in the client's own words. */
  importFingerprintLengthMax: 128,
  /** Versions of one import: each start may draw one. */
  importVersionMax: 1_000_000,
  /** An open version without a new chunk for this long is dropped: nobody will finish it. */
  importIdleMs: 7 * DAY_MS,
  /** Ids that the finish of an import compares at a time, 32 bytes each. */
  importIdsComparedMax: 1_000_000,
  /**
   * Days of one import chunk: a row group, a row of the manifest and a seal each. 13,000 days in one body of 72 KB were an
   * amplification; of history in the order of its time a chunk has seldom more than a year.
   */
  importChunkDaysMax: 500,

  /**
   * Rows of one L1 file, which is also the number that a seal holds in memory at a time: about 1 KB a row decoded, in
   * an isolate of 128 MB.
   */
  sealBucketRowsMax: 50_000,
  /**
   * Rows of a big day that one task of its seal spreads over the people ranges: some 250 bytes each while they are held as read, and
   * 80 as written.
   */
  sealSpreadRowsMax: 200_000,
  /** Ids that one task of a seal compares, 40 bytes each. */
  sealIdsMax: 524_288,
  /** Time from the end of a day to its first seal: most late events have come by then. */
  sealAfterMs: 2 * HOUR_MS,
  /**
   * Days of one tenant in the seal queue at a time: a batch of the consumer. The others wait in D1, so that a tenant with
   * thousands of dirty days leaves room for the days of others.
   */
  sealDaysAtOnce: 16,
  /** Days that one run of the cron queues, of all tenants: five sends of a hundred messages. */
  sealDaysPerRunMax: 500,
  /** A day that was queued is not queued again by the schedule before this has passed. */
  sealClaimMs: 15 * MINUTE_MS,
  /**
   * A day that was queued is queued again by a command, or by the end of an import, after this: less than a local stack takes
   * to start again after a kill, which loses its messages.
   */
  sealAskedAgainMs: 3 * SECOND_MS,
  /** Longest pause between two scheduled seals of a day to which few late events come, and of one beyond the lateness. */
  sealPauseMsMax: 5 * DAY_MS,
  sealOldPauseMsMax: DAY_MS,
  /** Pause between seals that imports ask for, for each event of the day: a seal takes some 15 µs of CPU an event. */
  sealImportPauseMsPerEvent: 1,
  sealImportPauseMsMax: 15 * MINUTE_MS,
  /** Lease of a day's seal: one runs at a time, and a dead one is taken over after this. */
  sealLeaseMs: 90 * SECOND_MS,
  /**
   * What a seal covers is collected after this, and its objects go as long after it: longer than any question, and than the quarter
   * of an hour that an invocation of a queue may take.
   */
  collectAfterMs: HOUR_MS,
  /** Days of one run of the cron, of all tenants, of which something is collected, and files of those. */
  collectDaysMax: 500,
  collectFilesMax: 1_000,
  /** Days that one command may ask to be sealed. */
  sealDaysMax: 4_000,

  /** Formulas of one call, and the bounds of each: formulas are arithmetic for people, not programs. */
  formulasMax: 12,
  formulaLengthMax: 500,
  formulaNodesMax: 100,
  formulaDepthMax: 32,
  /** Values that all formulas of a call compute on their way, 10 to 50 ns each: half a second of CPU. */
  formulaValuesMax: 20_000_000,
  /** Points of all formulas' answers: as many as those of all questions of a call may have, about 60 bytes each. */
  formulaPointsMax: 700_000,
  /** Points of a moving average's window. */
  formulaWindowMax: 366,
  /** Event names with an expiry of their own: each is looked up for every day that is read or sealed. */
  expiryEventsMax: 100,
  /** Saved questions of a tenant, each up to `queryBodySizeBytesMax`. */
  insightsMax: 200,
  /** An answer that took this long is kept by the isolate: a version costs some 20 ms, as a cheap answer does. */
  keptFromMs: 250,
  /** Answers that an isolate keeps, of all tenants, and their size as JSON: an eighth of its memory in objects. */
  keptAnswersMax: 500,
  keptSizeBytesMax: 4 * MIB,
  /** Rows of unsealed files from which on a question keeps what each file holds of it: half a flush. */
  keptFoldsRowsMin: 5_000,
  /** What an isolate keeps of files for questions that are asked again: 20,000 sums, or 1,000 files of one question by name. */
  keptFoldsSizeBytesMax: 8 * MIB,
  /** Size of one of them. A question with more groups is read anew: a busy day has a thousand files. */
  keptFoldSizeBytesMax: 8 * KIB,
  /**
   * Size of everything that an isolate keeps for later calls, over all of its caches: half of its memory. The other half is a
   * question's (`queryHeldSizeBytesMax`).
   */
  isolateKeptSizeBytesMax: 64 * MIB,
  /** What an isolate keeps of decoded parts: some 4,000 cells with a sketch of people, or 30,000 without. */
  keptCellsSizeBytesMax: 16 * MIB,
  /** Size of an insight's stored answer. A bigger one is computed anew each time: a D1 value stays under 2 MB. */
  insightAnswerSizeBytesMax: 1_000_000,
  /** Boards of a tenant, each up to `boardBodySizeBytesMax`; a list names them without their tiles. */
  boardsMax: 100,
  /** Tiles of a board: each is a question, and people take in a dozen. */
  boardTilesMax: 24,
  boardBodySizeBytesMax: 128 * KIB,
  /** Rows of a board's grid. */
  boardRowsMax: 1_000,
  /** Age up to which a tile's answer is given again: what a wall of screens can tell apart. */
  tileAnswerMs: 30 * SECOND_MS,
  /** Age up to which it is given while another call answers the question anew. */
  tileAnswerMsMax: 5 * MINUTE_MS,
  /** Time that such a call has: a question that takes longer is asked by the next call too. */
  tileClaimMs: 20 * SECOND_MS,
  /** Annotations of a tenant: a release a day for three years, and one answer lists them all. */
  annotationsMax: 1_000,
  annotationLengthMax: 500,
  /** Active share links of a tenant. */
  sharesMax: 50,
  /** Calls with one share link, in each isolate: a board of a dozen tiles for 25 viewers a minute. */
  shareCallsPerMinute: 300,

  queryRangeDaysMax: 400,
  /** Days of a question by the day or in longer steps: five years, with the leap days of two of them. */
  queryLongRangeDaysMax: 1_827,
  /** Cursor of a ranking: the total and both texts of a series, each up to 256 units of up to 9 characters in it. */
  queryCursorLengthMax: 8_192,
  /**
   * Size of the sealed cells, and of the parts, that a question reads as text: half of what one result of D1 may have. Two
   * questions that are folded at a time take half of an isolate.
   */
  queryCellsSizeBytesMax: 24 * MIB,
  /** Size of the people by the hour of sealed days that an isolate keeps: some months of a small tenant. */
  keptHoursSizeBytesMax: 4 * MIB,
  /** Size of the packed cells of a sealed day that are one row of D1: a quarter of what a value may have, as text. */
  bundledCellsSizeBytesMax: 512 * KIB,
  queryGroupByMax: 2,
  queryTopMax: 1_000,
  queryTopDefault: 100,
  queryPointsMax: 50_000,
  /** Groups that one answer ranks: about 60 MB at most, with texts of 100 characters. */
  queryGroupsMax: 200_000,
  /**
   * Memory of a question while it reads events: groups, their points, people. It is half of an isolate; the other half
   * is for the events being read.
   */
  queryHeldSizeBytesMax: 64 * MIB,
  /** People of each group and interval, counted exactly: a table of 50 MB, and half of that again while it grows. */
  queryPeopleMax: 2_097_152,
  /**
   * Events of the shards' tails that a question holds. 64 shards with one flush open and one waiting have as many at
   * times; where there are more, the sinks are behind, and the client is asked to come again.
   */
  queryTailEventsMax: 1_000_000,
  /**
   * Size of those events in memory, with the texts that the question looks at: the room there is in an isolate of
   * 128 MB.
   */
  queryTailSizeBytesMax: 96 * MIB,
  /** Questions of one call. */
  queryBatchMax: 12,
  queryConditionsMax: 64,
  /** Nesting of and, or, not. */
  queryConditionDepthMax: 8,
  /** Values of one `in`. */
  queryConditionValuesMax: 256,
  queryBodySizeBytesMax: 64 * KIB,
  /**
   * Stored files, and bytes of them, that are searched for a property before a question that names it is answered all
   * the same.
   */
  propertyProbeFilesMax: 256,
  propertyProbeSizeBytesMax: 32 * MIB,
  /**
   * Names of events, and as many of properties, that are kept of a tenant to refuse misspelt ones: one read of them stays
   * below 4,000 rows. One batch may bring as many again.
   */
  namesKeptMax: 2_000,
  /** Time after which a name that browsers alone have sent may be forgotten, when there is no room for another one. */
  browserNamesKeptMs: 30 * DAY_MS,
  /** Events that are kept of a property in the catalogue: 8 names of 200 characters, so 2 KB of a row. */
  factEventsMax: 8,
  /** Newest events of which the catalogue takes its examples, and estimates how many events have a property. */
  catalogSampleMax: 500,
  catalogExamplesMax: 5,
  /** Longest example that is shown. A longer value is left out. */
  catalogExampleLengthMax: 80,
  catalogPageMax: 500,
  /** Stored rows that one call of the catalogue reads: a tenth of a second of work, for somebody who is typing. */
  catalogRowsMax: 300_000,
  catalogValuesMax: 100,
  /**
   * Calls of a tenant that read the lake at a time, in an isolate: each may hold half of its memory for a moment. A
   * dashboard's dozen tiles wait for each other, also where each takes some ten seconds; a flood is refused with `busy`.
   */
  lakeCallsMax: 3,
  lakeCallsWaitingMax: 16,
  lakeWaitMsMax: 60 * SECOND_MS,
  /** Longer than a question lasts: what is held longer belongs to a call whose client has gone. */
  lakeHeldMsMax: 120 * SECOND_MS,
  /** Exports of a tenant under way at a time, in an isolate. */
  exportsMax: 4,
  /** An export lasts as long as its reader; one held longer is taken to be gone. */
  exportHeldMsMax: HOUR_MS,
  /** Rows that one lake scan may touch; a scan of more is refused with `query-too-large`. */
  scanRowsMax: 20_000_000,
  /**
   * Rows of one day without a seal whose ids a scan compares: some 50 MB and two readings. A sealed day has no such
   * bound.
   */
  mixedRowsMax: 5_000_000,
  /** A scan of fewer rows is not shared out: the query itself reads them in a third of a second. */
  scanSharedRowsMin: 300_000,
  /** Scanners of a tenant's pool. */
  scannersMax: 8,
  /**
   * Wall time that a question grants each scanner: ten times what a scan should take, because scanners on one core wait
   * for each other.
   */
  scannerBudgetMs: 30 * SECOND_MS,
  scannerRowsMax: 5_000_000,
  /** Size of the file ranges that the scanners of an isolate cache. */
  scannerCacheSizeBytesMax: 8 * MIB,
  /** Size of the decoded columns that an isolate keeps: a page's questions about a range need some 25 bytes a row. */
  keptColumnsSizeBytesMax: 36 * MIB,
  /** Days of files of which such a memory knows whether they may hold copies: 200 bytes each. */
  keptFactsMax: 5_000,
  /** Copies found among the files of some thousand days, or of few with very many copies: a bit for each row. */
  keptCopiesSizeBytesMax: 2 * MIB,
  /**
   * Size of the footers that an isolate caches, as bytes, with the texts they came as. A footer of one day has 10 KB.
   */
  footersSizeBytesMax: 4 * MIB,
  /** Size of the parsed footers that an isolate caches: 20 KB for a file of one day, so that a seal of a day of up to 600 files parses each once. */
  parsedFootersSizeBytesMax: 12 * MIB,
  /** Events of one page of the explorer. */
  eventsPageMax: 100,
  /** Stored events whose times and ids one page of the explorer may look at: about a second of CPU. */
  eventsRowsMax: 1_000_000,
  /** Files of which one page of the explorer reads all ids to find copies: a second of reading. */
  eventsComparedFilesMax: 128,

  /** Steps of one funnel: each is a bit of a 32-bit mask, beside its exclusions. */
  funnelStepsMax: 20,
  funnelExclusionsMax: 8,
  /** Steps of paths, beside the one that they begin or end at. */
  pathStepsMax: 10,
  /** Nodes of one step of paths. */
  pathTopMax: 50,
  /** Names and conditions of all steps and filters of a journey: every event is tested for each. */
  journeyConditionsMax: 256,
  /** Days before the range that are read to tell which people are new in it. */
  journeyHistoryDays: 90,
  /** Groups that a journey's breakdown lists. */
  journeyTopMax: 100,
  journeyTopDefault: 10,
  /** Numbers that a journey keeps while it counts, over all groups and steps: 8 to 60 bytes each. */
  journeyCellsMax: 500_000,
  /** Groups and steps whose times a journey keeps in sketches, once it has two million times: 0.5 to 2 KB each. */
  journeySketchesMax: 30_000,
  /**
   * Events that a journey holds at once, about 40 bytes each; a person counts as two. Where there are more, the people
   * are divided. A page of a million events of 100,000 people is one pass.
   */
  journeyHeldMax: 1_200_000,
  /** Events of bots whose people a pass of a journey remembers, to say how many were left out: 16 MB. */
  excludedBotsHeldMax: 2_000_000,
  /** Times that a journey may read its range when its people do not fit in memory at once. */
  journeyPassesMax: 32,
  /**
   * Stored events that one call reads, over all its questions and all passes over people: about a minute of CPU. Most
   * often each event is read once for a call; where ids are linked, once a pass.
   */
  callReadRowsMax: 100_000_000,
  /** People of one page of a funnel's step. */
  peoplePageMax: 500,

  /**
   * Events of the shards' tails that an export holds, about 1 KB each. Where there are more, the sink is behind, and
   * the client is asked to come again.
   */
  exportTailEventsMax: 50_000,
  /** Events of one row group, or of one piece of text: the number that an export holds at a time. */
  exportPieceRowsMax: 10_000,
  /** Time for which an export's receipt can be fetched. The exporting client fetches it at the end. */
  exportReceiptMs: 7 * DAY_MS,

  /**
   * Identity links of a tenant that one answer can follow: 16 bytes each, 40 MB beside the question in an isolate of
   * 128 MB. An id with several links counts as two more.
   */
  linksMax: 2_500_000,
  /** Ids of one person: Mixpanel has as many. A link that would give a person more is not made. */
  personIdsMax: 500,
  /**
   * Ids of the people with more than that many, whose links are then decided by their times: one statement of the
   * database. Of the people beyond it, the largest ones, no link is made at all.
   */
  crowdIdsMax: 20_000,
  /** People of whom an edge knows that they have so many, in 20 KB beside the tenant. Of others a verdict does not say so. */
  fullPeopleToldMax: 1_000,
  /** Links of one page: about 5 MB of D1's answer. */
  linkPageRowsMax: 40_000,
  /** Links of all tenants that an isolate keeps: as many as those of one answer, so that any tenant fits. */
  linksKeptMax: 2_500_000,
  /**
   * Traits and counts of cohorts that a question holds at once, about 50 bytes a person with one trait. Where there are
   * more, the people are divided.
   */
  factsHeldBytesMax: 32 * MIB,
  cohortsMax: 100,
  cohortIdLengthMax: 40,
  /** Comparisons and event conditions of one cohort. */
  cohortPartsMax: 32,
  cohortDepthMax: 5,
  /** Cohorts of one question: each may have to read events of its own. */
  queryCohortsMax: 8,
  /** Stored events of the days that a profile looks at: of a sealed day only the person's row groups are read. */
  profileRowsMax: 1_000_000_000,
  /**
   * Stored events that a profile reads. A person of a few ids has one row group a day for each; one of thousands of ids
   * has nearly all.
   */
  profileReadRowsMax: 20_000_000,
  /** Names of events, groups and ids that a profile lists. */
  profileListMax: 200,

  /**
   * Quotas of a tenant that has none of its own. Those of a time are for each isolate of the edge: 200,000 events a second
   * are more than an isolate takes, so they bound a tenant only where the operator lowers them.
   */
  quotaEventsPerMinute: 12_000_000,
  /** Days of import chunks, one for each chunk that has events of it: 40 full chunks. */
  quotaDaysPerMinute: 20_000,
  /** 500 questions a second: more than one isolate answers. */
  quotaQuestionsPerMinute: 30_000,
  /** Events that may link two ids: a site of two million logins a day. */
  quotaLinksPerDay: 2_000_000,
  /** A fifth of the 10 GB that a D1 database may have. */
  quotaStoredBytes: 2 * 1024 * MIB,
  /** A request of more than this many times a quota is refused whole: waiting would not help it. */
  quotaRequestFactorMax: 10,
  tenantIdLengthMax: 40,

  /** Refusals that a tenant's hub keeps, and for how long: a few months of mistakes, or one bad release. About 25 MB. */
  refusalsKeptMax: 10_000,
  refusalsKeptMs: DAY_MS,
  /** Refusals of one request that are kept: one mistake of a sender repeats in each of its events. The others are counted. */
  refusalsPerRequestMax: 100,
  /** Characters of a refused event, or body, that are kept. */
  refusalBodyLengthMax: 2_048,
  refusalUserAgentLengthMax: 100,
  /** Characters of a reason, and of a pointer, which may name keys of any length. */
  refusalTextLengthMax: 500,
  /** Reports of refused requests that a hub writes in a period, a row each: 50 a second. Others are counted. */
  refusalReportsPerPeriod: 500,
  refusalReportsPeriodMs: 10 * SECOND_MS,
  /** Reports of a tenant that an isolate has under way: a flood waits for no hub. Others are counted. */
  refusalReportsInFlightMax: 64,
  /** Time for which an answer waits for the hub. A hub that is slower costs the report, not the sender's answer. */
  refusalReportMsMax: SECOND_MS,
  /** Kept refusals that one page of arrivals looks through: a filter that fits few of them takes more pages. */
  refusalsReadMax: 2_000,
  /** Time for which the numbers of requests that were refused for now are kept: a quarter, some 20 MB at the very most. */
  throttleKeptMs: 90 * DAY_MS,
  /** Time in which an isolate counts such requests of a tenant before it tells its hub: a flood costs a call in it. */
  throttleTellMs: 2 * SECOND_MS,
  /** Counts, each of a code and a minute, that an isolate keeps for a hub that does not answer. */
  throttleCountsMax: 120,
  arrivalsPageMax: 200,

  /** Time between two looks of a hub at its shards while somebody watches: an event is shown within a second. */
  livePollMs: 400,
  /** Time for which a hub waits for a shard. One that is slower is asked again at the next look. */
  liveAnswerMsMax: 2 * SECOND_MS,
  /** Time between two looks of a hub at the list of its shards. */
  liveListMs: SECOND_MS,
  /** Time that one run of a hub's alarm looks at the shards; the alarm is set again while somebody watches. */
  liveSpanMs: 10 * SECOND_MS,
  liveBeatMs: LIVE_BEAT_MS,
  /** Time that a watcher who begins is told of, and in which people are counted. */
  liveWindowMs: 5 * MINUTE_MS,
  /** Accounts of events that a shard gives at a look. Up to 1,250 events a second all have one. */
  liveEventsPerShard: 500,
  /** Events of a message: more in half a second is more than anybody reads. */
  liveEventsPerMessage: 50,
  liveRefusalsPerMessage: 20,
  liveTopMax: 20,
  livePeopleMax: 100_000,
  /** Rounds that are kept for watchers who come back: 6 minutes and more, some 15 KB each. */
  liveRoundsMax: 1_024,
  /** Characters of the kept rounds together: those of a flood of long texts have some 80 KB each, and fewer of them are kept. */
  liveRoundsLengthMax: 24 * MIB,
  /** Size of the rounds that are sent again. A watcher who has missed more begins anew. */
  liveResumeSizeBytesMax: 512 * KIB,
  /** Watchers of a tenant: a message to each takes some 20 µs of CPU, twice a second. */
  liveWatchersMax: 2_000,
  /** Size of what a watcher has not acknowledged. One that is slower is dropped; it comes back and goes on. */
  liveUnackedSizeBytesMax: MIB,
  /** Size of what all watchers of a tenant have not acknowledged: half of an isolate. */
  liveUnackedSizeBytesAllMax: 64 * MIB,
  /** Life of a connection: a revoked key ends with it at the latest. */
  liveConnectionMsMax: 15 * MINUTE_MS,
  /** Life of a ticket: a page connects at once. */
  liveTicketMs: 30 * SECOND_MS,
  liveFilterValuesMax: 16,

  /** The trail of keys and tenants: over a year, so that a yearly audit sees all of one. */
  auditDays: 400,
  /** Active keys of a tenant: they are loaded with its configuration. */
  keysMax: 100,
  /** Bodies of the control routes: a rollup with its condition is the biggest. */
  controlBodySizeBytesMax: 64 * KIB,
  /** Age at which an edge isolate reads a tenant's configuration again: the bound on a key's revocation. */
  tenantCacheMs: 30 * SECOND_MS,
  shardsMax: 64,

  /**
   * Lead of a new epoch of a shard map before its start: a cached map's life, the clamp of fast clocks, a minute for
   * skew.
   */
  splitLeadMs: 30 * SECOND_MS + 5 * MINUTE_MS + MINUTE_MS,
  /** Pause of a hot shard after a split has taken effect: the load must show before it asks for another. */
  splitPauseMs: 10 * MINUTE_MS,
  /**
   * Window over which a shard's load is measured. The shard is hot when one of the next three bounds is exceeded in it.
   */
  hotWindowMs: MINUTE_MS,
  /** 500 requests a second: half of what the platform gives an object. */
  hotRequestsMax: 30_000,
  /** 10,000 events a second: about what one sink stores of one shard. */
  hotEventsMax: 600_000,
  /** 4 MB a second: the log is full in 16 s when the sink stands still. */
  hotSizeBytesMax: 240 * MIB,
  /**
   * A shard that remembers at least this many ids, a third of the maximum, is also hot when its present rate would fill
   * nearly all of it.
   */
  hotIdsMin: 8_000_000,
  /** Window over which the rate of ids is measured. In a shorter one a burst of a minute looks like a rate that lasts. */
  hotIdsWindowMs: HOUR_MS,
  /** Events over `hotIdsWindowMs`, all of it in the present epoch. The nine days remembered have 216 hours: 23.8 million events. */
  hotIdEventsMax: 110_000,
  /** Words that a tenant adds to the list of junk ids, and words that it excepts: the edge compares every id with them. */
  junkIdWordsMax: 100,
  junkIdWordLengthMax: 64,
  /** Names of URL parameters that a tenant keeps: every parameter of every URL is compared with them. */
  urlParametersMax: 100,
  urlParameterLengthMax: 64,
  /** Time without events and with nothing to store after which the sweep leaves a shard asleep. */
  restAfterMs: HOUR_MS,
} as const;

/** Parameters of URLs that are kept, in lower case: campaigns and the click ids of advertisers. `*` ends a beginning. */
export const URL_PARAMETERS = [
  'utm_*',
  'ref',
  'gclid',
  'gbraid',
  'wbraid',
  'gad_source',
  'gad_campaignid',
  'dclid',
  'fbclid',
  'msclkid',
  'ttclid',
  'twclid',
  'li_fat_id',
  'yclid',
] as const;

/**
 * Keys whose text is a URL of the page or of where the visitor came from, in lower case and letters alone. Other keys, such
 * as that of an image, name things of a catalogue, not visits.
 */
export const URL_KEYS = [
  'url',
  'uri',
  'href',
  'link',
  'path',
  'search',
  'referrer',
  'referer',
  'currenturl',
  'pageurl',
  'pagepath',
  'pagelocation',
  'pagereferrer',
  'initialurl',
  'initialreferrer',
  'initialcurrenturl',
  'landingpage',
  'landingurl',
  'documentlocation',
  'documentreferrer',
] as const;

/** Texts that SDKs send when a variable is empty, in lower case. A blank text is one too. */
export const EMPTY_VARIABLES = ['null', '(null)', 'undefined', 'none', 'nil', 'nan', 'n/a', '[object object]'] as const;

/**
 * Ids that name nobody, in lower case: an empty variable, and the values that stand for "no user" in many applications.
 * The list is closed: a word on it joins no events, unless the tenant excepts it.
 */
export const JUNK_IDS = [...EMPTY_VARIABLES, 'true', 'false', '0', '-1', 'anonymous', 'guest', 'unknown'] as const;
