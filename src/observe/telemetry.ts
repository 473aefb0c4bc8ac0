/**
 * Telemetry: points about the pipeline itself, written to Analytics Engine; no answer is made from them, and no request
 * waits for them.
 *
 * A point is checked against the limits of Analytics Engine before it is written, because the local runtime checks
 * none: at most 20 blobs, 20 doubles, 1 index of 96 bytes, 16 KB of blobs
 * (developers.cloudflare.com/analytics/analytics-engine/limits).
 */
import { assert } from '../core/std/result.ts';
import { logWarn } from './log.ts';

export interface TelemetryPoint {
  /** The sampling key: the tenant's uid. */
  readonly index: string;
  readonly blobs: readonly string[];
  readonly doubles: readonly number[];
}

/** The receiver of points. Writing never throws and is never awaited. */
export interface Telemetry {
  write(point: TelemetryPoint): void;
}

const BLOBS_MAX = 20;
const DOUBLES_MAX = 20;
const INDEX_BYTES_MAX = 96;
const BLOBS_BYTES_MAX = 16 * 1024;

/** Throws on a point that production would drop. */
export function checkPoint(point: TelemetryPoint): void {
  const bytes = (text: string) => new TextEncoder().encode(text).byteLength;
  assert(point.blobs.length <= BLOBS_MAX, `a point has ${point.blobs.length} blobs, at most ${BLOBS_MAX}`);
  assert(point.doubles.length <= DOUBLES_MAX, `a point has ${point.doubles.length} doubles, at most ${DOUBLES_MAX}`);
  assert(bytes(point.index) <= INDEX_BYTES_MAX, `a point's index has more than ${INDEX_BYTES_MAX} bytes`);
  const blobBytes = point.blobs.reduce((sum, blob) => sum + bytes(blob), 0);
  assert(blobBytes <= BLOBS_BYTES_MAX, `a point's blobs have ${blobBytes} bytes, at most ${BLOBS_BYTES_MAX}`);
}

/** The receiver of an account without Analytics Engine. */
export const NO_TELEMETRY: Telemetry = { write() {} };

export function analyticsEngineTelemetry(dataset: AnalyticsEngineDataset): Telemetry {
  return {
    write(point) {
      try {
        checkPoint(point);
        dataset.writeDataPoint({ indexes: [point.index], blobs: [...point.blobs], doubles: [...point.doubles] });
      } catch (cause) {
        logWarn('telemetry.write', cause);
      }
    },
  };
}
