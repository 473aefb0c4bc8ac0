// Scaled product: the product with its bounds on rows and bytes divided by N.
//
// A run with an N-th of the events, the people and the names then has as many flushes, parts, files, row groups, tasks and
// calls as one of full size, and each of them has an N-th of the rows and bytes. Bounds of time, of requests and of numbers of
// files stay as they are. So do sketches of people: events, people and the values of dimensions are as many times fewer, so that
// a cell has as many people as at full size.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../src/local/paths.ts';
import { bundleProduct, type Patch } from '../sim/product/build.ts';

const LIMITS_FILE = 'src/core/limits.ts';

const SCALED_LIMITS = [
  'dedupeRecentIdsMax',
  'dedupeIdsMax',
  'windowCellsMax',
  'flushEventsMax',
  'flushFewEventsMax',
  'flushSizeBytesMax',
  'd1RowSizeBytesMax',
  'blockSizeBytesMax',
  'logRowSizeBytesMax',
  'logSizeBytesMax',
  'waitingCellSizeBytesMax',
  'flushCellSizeBytesMax',
  'mergeMinutesEventsMin',
  'mergeShardEventsMin',
  'mergeSizeBytesMax',
  'mergeMembershipsMax',
  'chunkMembershipsMax',
  'rpcPageSizeBytesMax',
  'bundledCellsSizeBytesMax',
  'sealBucketRowsMax',
  'sealSpreadRowsMax',
  'sealIdsMax',
  'queryHeldSizeBytesMax',
  'queryPeopleMax',
  'queryTailEventsMax',
  'queryTailSizeBytesMax',
  'scanRowsMax',
  'mixedRowsMax',
  'scanSharedRowsMin',
  'hotEventsMax',
  'hotSizeBytesMax',
  'hotIdsMin',
  'hotIdEventsMax',
] as const;

/** Constants by file. */
const SCALED_CONSTANTS: Readonly<Record<string, readonly string[]>> = {
  'src/core/shard/flush.ts': ['WAITING_EVENTS_MAX'],
  'src/lake/std/json-parameters.ts': ['PARAMETER_SIZE_BYTES_MAX'],
  'src/lake/segment/segment-cache.ts': ['CACHE_SIZE_BYTES_MAX', 'WHOLE_SIZE_BYTES_MAX', 'FOOTER_SIZE_BYTES'],
  'src/lake/segment/read-plan.ts': ['HOLE_SIZE_BYTES_MAX', 'WINDOW_SIZE_BYTES_MAX'],
  'src/lake/spread/held-rows.ts': ['TEXT_UNITS_MAX'],
  'src/lake/spread/stretches.ts': ['STRETCH_SIZE_BYTES_MAX'],
  'src/lake/spread/piece.ts': ['PIECE_ROWS_MAX'],
  'src/lake/scan/shared-segments.ts': ['SIZE_BYTES_MAX', 'TOTAL_SIZE_BYTES_MAX'],
  'src/lake/scan/scan.ts': ['HELD_ROWS_MAX'],
  'durable-objects/admission.ts': ['PENDING_SIZE_BYTES_MAX'],
};

const WRITER_FILE = 'src/lake/segment/segment-write.ts';

/** A line of the sources with a bound, `before` and `after` its value. */
interface Line {
  readonly file: string;
  readonly line: string;
  readonly pattern: RegExp;
}

/** Beyond it a load has fewer people than a cell has at full size. */
const SCALE_MAX = 64;

/** Bundles the product at the scale 1/N, a power of two. A patch of a bound that scales is scaled like the bound itself. */
export function bundleScaled(scale: number, patches: readonly Patch[] = []): Promise<string> {
  if (scale > SCALE_MAX || !Number.isInteger(Math.log2(scale))) throw new Error(`1/${scale} is no scale`);
  const lines = scale === 1 ? [] : scaledLines();
  const isOf = (patch: Patch, { file, line }: Line) => patch.file === file && patch.old === line;
  const scaled = lines
    .filter((line) => !patches.some((patch) => isOf(patch, line)))
    .map(({ file, line, pattern }): Patch => ({ file, old: line, new: divide(line, pattern, scale) }));
  const further = patches
    .filter(({ file }) => file.endsWith('.ts'))
    .map((patch) => {
      const line = lines.find((each) => isOf(patch, each));
      return line === undefined ? patch : { ...patch, new: divide(patch.new, line.pattern, scale) };
    });
  return bundleProduct([...scaled, ...further]);
}

function scaledLines(): Line[] {
  const limits = SCALED_LIMITS.map((name) => lineOf(LIMITS_FILE, new RegExp(`^(  ${name}: )([^\\n]*)(,)$`, 'm')));
  const constants = Object.entries(SCALED_CONSTANTS).flatMap(([file, names]) =>
    names.map((name) => lineOf(file, new RegExp(`^((?:export )?const ${name} = )([^\\n]*)(;)$`, 'm'))),
  );
  const rowGroups = ['l0', 'l1'].map((order) => lineOf(WRITER_FILE, new RegExp(`^(  ${order}: )([\\d_]+)(,)$`, 'm')));
  return [...limits, ...constants, ...rowGroups];
}

function lineOf(file: string, pattern: RegExp): Line {
  const [line] = pattern.exec(readFileSync(join(root, file), 'utf8')) ?? [];
  if (line === undefined) throw new Error(`${file} has no line ${pattern}`);
  return { file, line, pattern };
}

function divide(line: string, pattern: RegExp, scale: number): string {
  return line.replace(pattern, (_, before: string, value: string, after: string) => {
    return `${before}Math.ceil((${value}) / ${scale})${after}`;
  });
}
