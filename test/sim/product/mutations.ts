// Mutations: seeded bugs, each a patch of the sources that only the simulator applies. Every one breaks a rule of the
// product in a way that a person could have written; the simulator must find each of them within 300 seeds.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of source, as they stand there
import type { Patch } from './build.ts';

export interface Mutation {
  readonly name: string;
  /** A description of the bug, in a person's words. */
  readonly what: string;
  readonly patches: readonly Patch[];
  /** The scenario that finds the bug. Default: seeds find it. */
  readonly scenario?: string;
}

const SHARD = 'durable-objects/shard.ts';
const STORE = 'durable-objects/shard-store.ts';
const ENGINE = 'src/core/shard/engine.ts';

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'ack-before-commit',
    what: 'a request is answered while its row waits to be written',
    patches: [
      {
        file: SHARD,
        old: 'if (!this.#draining) this.ctx.waitUntil(this.#drain());\n    return reply;',
        new: `setTimeout(() => { if (!this.#draining) void this.#drain(); }, 20);
    reply.catch(() => {});
    return { status: 'stored', dispositions: this.#engine.plan(blocks).dispositions };`,
      },
    ],
  },
  {
    name: 'ids-before-row',
    what: 'ids are remembered before their row is written, and a failed write does not end the instance',
    patches: [
      { file: SHARD, old: 'this.ctx.abort(`aborted to drop half a change: ${String(cause)}`);', new: '' },
      {
        file: ENGINE,
        old: 'const atMs = block.at[row]!;',
        new: 'const atMs = block.at[row]!;\n        this.#dedupe.add(high, low, block.receivedAtMs);',
      },
    ],
  },
  {
    name: 'cut-twice',
    what: 'a restart forgets where flushes were cut and cuts again',
    patches: [{ file: SHARD, old: 'if (cuts.has(engine.headSeq)) engine.cut();', new: '' }],
  },
  {
    name: 'straddling-part',
    what: 'a query counts parts that their shard still answers for',
    patches: [
      {
        file: 'src/query/view/coverage.ts',
        old: 'return seqTo <= (storedSeqs.get(incarnation) ?? Number.POSITIVE_INFINITY);',
        new: 'return seqTo >= 0 || storedSeqs.has(incarnation);',
      },
    ],
  },
  {
    name: 'covered-parts-count',
    what: 'parts below the vector of a sealed day count beside its cells',
    scenario: 'covered-part-comes-back',
    patches: [
      {
        file: 'src/lake/manifest/cells.ts',
        old: 'v WHERE v.key = p.incarnation), 0) < p.seq_to`;',
        new: 'v WHERE v.key = p.incarnation), 0) >= 0`;',
      },
      {
        file: 'src/query/ask/rollup-parts.ts',
        old: 'seqFrom < (sealed.get(day)?.vector[incarnation] ?? 0)) continue;',
        new: '(seqFrom < 0 && sealed.has(day) && incarnation === "")) continue;',
      },
    ],
  },
  {
    name: 'redelivery-not-recognised',
    what: 'a flush that is delivered again is inserted again',
    patches: [
      {
        file: 'src/lake/manifest/flushes.ts',
        old: "`NOT ${isFlushStoredSql('?1', '?2', '?3')}`",
        new: "'(?1 <> ?2 OR ?3 >= 0)'",
      },
    ],
  },
  {
    name: 'confirm-before-store',
    what: 'the shard is told that a flush is stored before D1 has it',
    patches: [
      {
        file: 'src/sinks/consume.ts',
        old: 'const stored = await deps.sink.store(pulled);',
        new: 'await deps.shardOf(address).confirm({ address, flush });\n  const stored = await deps.sink.store(pulled);',
      },
    ],
  },
  {
    name: 'watermark-not-persisted',
    what: 'the watermark of stored rows is forgotten by a restart',
    patches: [
      {
        file: SHARD,
        old: 'this.#store.saveConfirm(flush, watermarkMs, routingAtMsMax)',
        new: 'this.#store.saveConfirm(flush, watermarkMs && null, routingAtMsMax)',
      },
    ],
  },
  {
    name: 'idle-advance-not-logged',
    what: 'the watermark of an idle shard moves in memory only',
    patches: [{ file: SHARD, old: 'this.#store.saveWatermark(watermarkMs);', new: '' }],
  },
  {
    name: 'alarm-not-armed',
    what: 'the alarm is never set',
    patches: [{ file: SHARD, old: 'await this.ctx.storage.setAlarm(dueMs);', new: '' }],
  },
  {
    name: 'slot-reused-early',
    what: 'a restart takes the slot of the oldest unstored row for a free one',
    patches: [
      {
        file: STORE,
        old: 'if (seq >= storedSeq) this.#slotOf.set(seq, slot);',
        new: 'if (seq > storedSeq) this.#slotOf.set(seq, slot);',
      },
    ],
  },
  {
    name: 'replay-decides-again',
    what: 'a replay plans its rows anew instead of reading the stored decisions',
    patches: [
      {
        file: ENGINE,
        old: 'this.apply({ ...row, watermarkMs }, true);',
        new: 'this.apply({ ...row, watermarkMs, dispositions: this.plan(row.blocks, row.seq).dispositions }, true);',
      },
    ],
  },
  {
    name: 'cells-of-a-restart-lost',
    what: 'what a restart replays waits for its cells and is dropped when a new event comes',
    patches: [
      {
        file: 'src/core/shard/flush.ts',
        old: 'this.#waiting.push({ block, dispositions });',
        new: 'if (!isReplay) this.#waiting = [];\n    this.#waiting.push({ block, dispositions });',
      },
    ],
  },
  {
    name: 'rollup-in-mid-window',
    what: 'a flush claims rollups that counted only some of its blocks',
    patches: [
      {
        file: 'src/core/shard/flush.ts',
        old: 'this.rollupIds = commonIds(this.rollupIds, block.rollups);',
        new: 'this.rollupIds = new Set([...(this.rollupIds ?? []), ...block.rollups.map(({ id }) => id)]);',
      },
    ],
  },
  {
    name: 'stale-map-accepted',
    what: 'a shard takes events that a later epoch owns',
    patches: [
      {
        file: 'durable-objects/shard-epochs.ts',
        old: 'return this.#closing.ownership(epoch, routingAtMsMax);',
        new: 'return this.#closing.ownership(epoch, routingAtMsMax - 1e12);',
      },
    ],
  },
  {
    name: 'ids-not-restored',
    what: 'a restart forgets the ids of cut flushes',
    patches: [
      {
        file: SHARD,
        old: 'engine.restoreIds(this.#store.flushRuns(oldestDay));',
        new: '',
      },
    ],
  },
  {
    name: 'event-over-full-dedupe',
    what: 'an event over a full memory of ids is counted at once, although it may be a copy',
    scenario: 'dedupe-full, without a restart',
    patches: [
      {
        file: 'src/core/shard/window.ts',
        old: 'if (atMs < horizonMs + marginOf(receivedAtMs - horizonMs)) return',
        new: 'if (atMs < horizonMs - 1e15 - marginOf(receivedAtMs - horizonMs)) return',
      },
    ],
  },
  {
    name: 'horizon-not-restored',
    what: 'a restart forgets that ids were forgotten',
    scenario: 'dedupe-full, with restarts',
    patches: [{ file: SHARD, old: 'engine.restoreIdHorizon(this.#store.idHorizonMs());', new: '' }],
  },
  {
    name: 'merged-ids-not-restored',
    what: 'a restart forgets the ids that were merged into runs',
    patches: [
      {
        file: SHARD,
        old: 'for (const day of this.#store.mergedDays(oldestDay)) engine.restoreIdsOfDay(day);',
        new: 'for (const day of this.#store.mergedDays(oldestDay)) if (day < 0) engine.restoreIdsOfDay(day);',
      },
    ],
  },
  {
    name: 'maybe-is-new',
    what: 'an id that only the runs know is taken for a new one',
    patches: [
      {
        file: ENGINE,
        old: '(probed[row] === MAYBE && held.has(high, low))',
        new: '(probed[row] === MAYBE && held.has(low, high))',
      },
    ],
  },
  {
    name: 'parts-of-first-page',
    what: 'the sink takes the parts of the first page for all of them',
    patches: [
      {
        file: 'src/sinks/pull.ts',
        old: '...(partFrom !== undefined && { partFrom })',
        new: '...(partFrom !== undefined && partFrom < 0 && { partFrom })',
      },
    ],
  },
  {
    name: 'registered-after-ack',
    what: 'a shard acknowledges before the directory knows it',
    patches: [
      {
        file: SHARD,
        old: 'await this.#register();\n      while',
        new: 'void this.#register().catch(() => {});\n      while',
      },
    ],
  },
  {
    name: 'seal-covers-too-much',
    what: 'a seal claims segments that came after its plan',
    patches: [
      {
        file: 'src/lake/seal/plan.ts',
        old: 'coveredSeq: Math.max(headSeq, sealed?.coveredSeq ?? 0),',
        new: 'coveredSeq: headSeq + 2,',
      },
    ],
  },
  {
    name: 'undo-beside-a-seal',
    what: 'a seal counts although something of it was superseded since',
    patches: [
      {
        file: 'src/lake/seal/flip.ts',
        old: '...[supersededSeq, manyAtMs, fewAtMs, lakeCellsText],',
        new: '...[2 ** 40, manyAtMs, fewAtMs, lakeCellsText],',
      },
    ],
  },
  {
    name: 'survivor-that-was-undone',
    what: 'the rows of a version that was taken back still displace copies, and count',
    patches: [
      {
        file: 'src/lake/seal/plan-store.ts',
        old: "selectInputs(db, uid, day, 's.superseded_seq IS NULL')",
        new: 'selectInputs(db, uid, day)',
      },
    ],
  },
  {
    name: 'id-compared-with-the-wrong-day',
    what: 'a finish compares the ids of each chunk alone, and so not those of other days',
    patches: [
      {
        file: 'src/lake/import/repeats.ts',
        old: 'if (seen.add(high, low) === known) continue;',
        new: 'if (seen.add(high, low) === known || segment !== compared[0]) continue;',
      },
    ],
  },
  {
    name: 'seal-keeps-copies',
    what: 'a seal counts every copy of an event',
    patches: [
      {
        file: 'src/lake/scan/survivors.ts',
        old: `if (isFirst) this.#dropEntry(entry);
      else this.#drop(row, sender);`,
        new: '',
      },
    ],
  },
  {
    name: 'range-keeps-copies',
    what: 'a range of a big day counts the rows that the comparison of ids has dropped',
    scenario: 'big-day-in-tasks',
    patches: [
      {
        file: 'src/lake/seal/big-day.ts',
        old: '(row) => !isIn(dropped, rows[row]!) && (isOf === null || isOf(words, row)),',
        new: '(row) => rows[row]! >= 0 && (isOf === null || isOf(words, row)),',
      },
    ],
  },
  {
    name: 'stretches-not-compared',
    what: 'the ids of a big day are compared within the first stretch of its files alone',
    scenario: 'big-day-in-tasks',
    patches: [
      {
        file: 'src/lake/seal/big-day.ts',
        old: 'survivors.addHashed(records);',
        new: 'if (fed.length === 0) survivors.addHashed(records);',
      },
    ],
  },
  {
    name: 'rows-of-a-stretch-numbered-anew',
    what: 'the rows of each stretch of a big day have the same numbers, so that a copy takes others with it',
    scenario: 'big-day-in-tasks',
    patches: [
      {
        file: 'src/lake/seal/big-day.ts',
        old: 'const row = stretch.firstRow + firstRow;',
        new: 'const row = firstRow;',
      },
    ],
  },
  {
    name: 'survivor-by-device',
    what: 'the id of a trusted sender is compared within its device alone',
    patches: [
      {
        file: 'src/lake/scan/survivors.ts',
        old: 'const at = isTrusted(sender) ? this.#findId(idLow, idHigh) : this.#findPair(idLow, idHigh, keyLow, keyHigh);',
        new: 'const at = this.#findPair(idLow, idHigh, keyLow, keyHigh);',
      },
      {
        file: 'src/lake/scan/survivors.ts',
        old: 'if (isSame && !isTrusted(this.#sender[slots[at + 4]! - 1]!)) return at;',
        new: 'if (isSame) return at;',
      },
    ],
  },
  {
    name: 'browser-id-shadows',
    what: 'a shard knows the ids of browsers by themselves, so that a stranger’s makes an order a duplicate',
    patches: [
      {
        file: 'src/core/block/block.ts',
        old: "return sender === 'browser' ?",
        new: 'return sender === null ?',
      },
    ],
  },
  {
    name: 'plan-not-adopted',
    what: 'the second sealer of a day executes its own plan under the name of the first',
    patches: [
      {
        file: 'src/lake/seal/plan-store.ts',
        old: 'const binding = JSON.parse(row.plan) as SealPlan;',
        new: 'const binding = plan;',
      },
    ],
  },
  {
    name: 'parts-deleted-too-early',
    what: 'a seal deletes parts of the flush right after those that it covers',
    scenario: 'part-right-after-seals',
    patches: [
      {
        file: 'src/lake/seal/flip.ts',
        old: '), 0) >= seq_to ELSE NOT EXISTS (',
        new: '), 0) >= seq_from ELSE NOT EXISTS (',
      },
    ],
  },
  {
    name: 'd1-before-shards',
    what: 'a query reads D1 first and asks the shards afterwards',
    patches: [
      {
        file: 'src/query/ask/rollup-source.ts',
        old: 'const live = await askLive(asking, {',
        new: `const early = await readRange(ports.db, { uid: tenant.uid, rollupId, ...dayRange(query), grain: 'day',
    hourDays: [...(dayGrains(query, nowMs) ?? new Map()).keys()], startMs, endMs,
    kind: query.measure === 'users' ? 'people' : 'counts' });
  const live = await askLive(asking, {`,
      },
      {
        file: 'src/query/ask/rollup-source.ts',
        old: 'const stored = await readStored(ports.db, request, apart, keptCells);',
        new: 'const stored = await readStored({ early } as never, request, apart, keptCells);',
      },
      {
        file: 'src/query/ask/rollup-source.ts',
        old: 'const range = await readRange(db, { ...request, knownParts });',
        new: 'const range = (db as unknown as { early: RangeReading }).early;\n    void knownParts;',
      },
    ],
  },
  {
    name: 'seal-ahead-ignored',
    what: 'a seal that is ahead of the storedSeq of a shard counts beside the shard',
    patches: [
      {
        file: 'src/query/ask/rollup-shortfall.ts',
        old: '(vector[incarnation] ?? 0) > storedSeq)',
        new: '(vector[incarnation] ?? 0) > storedSeq + 1e9)',
      },
    ],
  },
  {
    name: 'corrections-not-counted',
    what: 'an event whose window was closed is in no cell',
    patches: [
      {
        file: 'src/core/shard/section-cells.ts',
        old: 'if (tuple < 0 || !isAccepted(disposition) || disposition & LATE_BEYOND) continue;',
        new: 'if (tuple < 0 || !isAccepted(disposition) || disposition & (LATE_BEYOND | LATE_CORRECTION)) continue;',
      },
      {
        file: 'src/core/shard/section-cells.ts',
        old: "import { LATE_BEYOND } from '../event/columns.ts';",
        new: "import { LATE_BEYOND, LATE_CORRECTION } from '../event/columns.ts';",
      },
    ],
  },
  {
    name: 'copies-in-one-row',
    what: 'two copies of an event in one commit are both accepted',
    patches: [{ file: ENGINE, old: '!this.#planned.add(high, low)', new: '(this.#planned.add(high, low), false)' }],
  },
  {
    name: 'fails-over',
    what: 'the edge tries another shard when one does not answer',
    patches: [
      {
        file: 'src/edge/append.ts',
        old: "return { status: 'failed', error };",
        new: `const other = { ...request.address, index: request.address.index + 1 };
    return shardOf(other).append({ ...request, address: other }).catch(() => ({ status: 'failed' as const, error }));`,
      },
    ],
  },
  {
    name: 'tail-cut-short',
    what: 'a tail that is stored while it is read counts only as far as it was read',
    patches: [
      {
        file: 'src/query/view/tails.ts',
        old: "if (next.status === 'gone' || next.incarnation !== incarnation) return 'gone';",
        new: "if (next.status === 'gone' || next.incarnation !== incarnation) break;",
      },
    ],
  },
  {
    name: 'undo-marks-nothing',
    what: 'an undo leaves the segments of the version before in the manifest as they are',
    patches: [
      {
        file: 'src/lake/import/version-store.ts',
        old: 'import_version < ?3 AND superseded_seq IS NULL AND IS_READY`',
        new: 'import_version < ?3 AND superseded_seq IS NULL AND ?4 > 0 AND IS_READY`',
      },
    ],
  },
  {
    name: 'zombie-part-counts',
    what: 'a part that came back after its merge counts beside the merged one',
    scenario: 'zombie-flush-after-its-row',
    patches: [
      {
        file: 'src/core/rollup/part-cover.ts',
        old: 'else if (part.seqTo > last.seqTo) return null;',
        new: 'else taken.push(part);',
      },
    ],
  },
  {
    name: 'collected-in-mid-scan',
    what: 'the object of a collected file goes with its row',
    scenario: 'collected-in-mid-scan',
    patches: [
      {
        file: 'src/lake/collect/collect-store.ts',
        old: '.bind(json, graceMs, afterScans(nowMs)),',
        new: '.bind(json, graceMs, afterScans(nowMs) * 0),',
      },
    ],
  },
  {
    name: 'ground-holds-an-import',
    what: 'a day is collected although an import of it may be taken back',
    scenario: 'undo-upon-a-ground',
    patches: [
      {
        file: 'src/lake/collect/ground.ts',
        old: "AND s.source = 'import' AND s.superseded_seq IS NULL)`;",
        new: "AND s.source = 'none' AND s.superseded_seq IS NULL)`;",
      },
    ],
  },
  {
    name: 'seal-forgets-its-ground',
    what: 'a seal reads only what came since the ground of its day',
    patches: [
      {
        file: 'src/lake/seal/plan-store.ts',
        old: 'AND s.day = d.day AND s.revision = d.ground_revision',
        new: 'AND s.day = d.day AND s.revision = -d.ground_revision',
      },
    ],
  },
  {
    name: 'zombie-flush-collected',
    what: 'a flush whose row was collected is stored again when it comes again',
    scenario: 'zombie-flush-collected',
    patches: [
      {
        file: 'src/lake/manifest/stored-flushes.ts',
        old: 'h.seq_to > ${seqFrom})`;',
        new: 'h.seq_to < -${seqFrom})`;',
      },
    ],
  },
  {
    name: 'hours-of-the-seal-before',
    what: 'the file with people by the hour is named by its day alone, so that the next seal leaves that of the first',
    scenario: 'hours-are-replaced',
    patches: [
      {
        file: 'src/lake/seal/place-cells.ts',
        old: 'await bucket.put(hoursPath(uid, day, file), bytes);\n  return { file, chunks };',
        new: `await bucket.put(hoursPath(uid, day, 'hours'), bytes, { onlyIf: { etagDoesNotMatch: '*' } });
  return { file: file && 'hours', chunks };`,
      },
    ],
  },
  {
    name: 'hours-gone-are-none',
    what: 'people by the hour are taken for none when their file was collected in mid-question',
    scenario: 'hours-collected-in-mid-question',
    patches: [
      {
        file: 'src/query/ask/hour-pieces.ts',
        old: 'if (bytes === null) return null;',
        new: 'if (bytes === null) continue;',
      },
    ],
  },
  {
    name: 'hours-of-another-revision',
    what: 'the row of a day that is sealed anew goes on naming the file of its first seal',
    scenario: 'hours-are-replaced',
    patches: [
      {
        file: 'src/lake/seal/flip.ts',
        old: 'lake_cells = excluded.lake_cells',
        new: "lake_cells = json_set(COALESCE(sealed_days.lake_cells, excluded.lake_cells), '$.revision', excluded.revision)",
      },
    ],
  },
  {
    name: 'kept-answer-after-an-ack',
    what: 'the version of an answer does not say how far the shards are',
    scenario: 'kept-answer-after-an-ack',
    patches: [
      {
        file: 'src/query/ask/data-version.ts',
        old: '[reply.incarnation, reply.headSeq]',
        new: '[reply.incarnation, 0]',
      },
    ],
  },
  {
    name: 'told-watermark-forgotten',
    what: 'a shard that wakes does not begin with the watermark that was told for it while it rested',
    scenario: 'rests-through-questions',
    patches: [{ file: SHARD, old: 'this.#advanceTo(this.#engine.advanceTo(watermarkMs));', new: '' }],
  },
  {
    name: 'resting-without-registering',
    what: 'a shard that rests takes events without registering first',
    scenario: 'rests-and-wakes',
    patches: [{ file: SHARD, old: 'this.#store.saveRest();\n      this.#registered = false;', new: '' }],
  },
  {
    name: 'kept-cells-of-merged-parts',
    what: 'cells that an isolate keeps of parts count beside the part that these were merged into',
    scenario: 'kept-cells-meet-a-merge',
    patches: [
      {
        file: 'src/query/ask/kept-cells.ts',
        old: '!counting.has(part.key));',
        new: 'counting.size < 0);',
      },
    ],
  },
  {
    name: 'merge-ahead-not-seen',
    what: 'a part that was merged since its shard was asked is left out as not stored',
    scenario: 'merge-ahead-of-confirm',
    patches: [
      {
        file: 'src/query/ask/rollup-parts.ts',
        old: "isAstride(part, storedSeqs.get(part.incarnation) ?? part.seqTo))) return 'merge-ahead';",
        new: "isAstride(part, storedSeqs.get(part.incarnation) ?? part.seqTo) && part.seqTo < 0)) return 'merge-ahead';",
      },
    ],
  },
  {
    name: 'people-row-of-another-part',
    what: 'a merged part has the people of one of its flushes alone',
    scenario: 'merged-part-has-its-people',
    patches: [
      {
        file: 'src/lake/merge/merged-part.ts',
        old: "const people = mergedRows(cells, 'people', windowMs);",
        new: "const people = mergedRows([cells.find(({ kind }) => kind === 'people')!], 'people', windowMs);",
      },
    ],
  },
  {
    name: 'grown-part-without-its-past',
    what: 'a part that grows by an hour loses what it had before',
    patches: [
      {
        file: 'src/lake/merge/merge-store.ts',
        old: 'AND incarnation = ?4 AND seq_from >= ?5 AND seq_to <= ?6 ORDER BY',
        new: 'AND incarnation = ?4 AND (seq_from > ?5 OR seq_to = ?6) AND seq_to <= ?6 ORDER BY',
      },
    ],
  },
  {
    name: 'merge-across-a-plan',
    what: 'parts are merged across the vector of a plan',
    scenario: 'merge-meets-plan, after the plan',
    patches: [
      {
        file: 'src/lake/merge/merge-store.ts',
        old: 'AND NOT EXISTS (${VECTORS_INSIDE})',
        new: 'AND (?9 = ?9 OR EXISTS (${VECTORS_INSIDE}))',
      },
    ],
  },
  {
    name: 'plan-across-a-merge',
    what: 'a plan is made although parts were merged across its vector',
    scenario: 'merge-meets-plan, before the plan',
    patches: [{ file: 'src/lake/seal/plan-store.ts', old: ' AND NOT EXISTS (${PARTS_ASTRIDE})', new: '' }],
  },
  {
    name: 'merged-window-not-cut',
    what: 'a merged window counts as a whole although a bound of the question cuts it',
    scenario: 'merged-part-cut-by-a-bound',
    patches: [
      {
        file: 'src/core/query/fold/cell-fold.ts',
        old: 'if (windowMs === MINUTE_MS) return false;',
        new: 'if (windowMs >= MINUTE_MS) return false;',
      },
    ],
  },
  {
    name: 'seal-counts-bots-as-people',
    what: 'a seal counts events of bots under the tuples of people',
    patches: [
      {
        file: 'src/lake/seal/row-tuples.ts',
        old: 'return isBots ? botsKey(key) : key;',
        new: 'return key;',
      },
    ],
  },
  {
    name: 'part-counts-bots-as-people',
    what: 'a part of a flush counts events of bots under the tuples of people',
    patches: [
      {
        file: 'src/core/shard/section-cells.ts',
        old: 'return isOfBots ? botsKey(key) : key;',
        new: 'return key;',
      },
    ],
  },
  {
    name: 'tally-dropped',
    what: 'rejected events are in no account',
    patches: [
      { file: 'src/edge/append.ts', old: 'tally: i === 0 ? rejected : 0 }', new: 'tally: i < 0 ? rejected : 0 }' },
    ],
  },
  {
    name: 'lateness-shifts',
    what: 'an event that waited long is moved to the time at which it was sent',
    patches: [
      {
        file: 'src/core/event/event-time.ts',
        old: 'return aheadMs > LIMITS.fastClockMs ? aheadMs : 0;',
        new: 'return Math.abs(aheadMs) > LIMITS.fastClockMs ? aheadMs : 0;',
      },
    ],
  },
];
