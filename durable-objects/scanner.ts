/**
 * Scanner: one of a tenant's pool of small objects that run lake scans beside each other and remember what they read.
 *
 * in: a task, some segments of whole days and a question · out: a partial fold, or a part of a journey
 *
 * Segments never change, so remembered bytes are never stale: footers, the latest of them parsed, and up to 32 MB of
 * columns. A scanner stores nothing: an old instance answers as well as a new one.
 */
import { DurableObject } from 'cloudflare:workers';
import type { JourneyPart } from '../src/core/journeys/kit/journey-part.ts';
import type { PartialFold } from '../src/core/query/fold/partial-fold.ts';
import {
  type JourneyTask,
  type ScannerOf,
  type ScannerRpc,
  ScanRunner,
  type ScanTask,
  type SharedScanTask,
  type ShareReply,
} from '../src/lake/scan/scan-task.ts';

export interface ScannerEnv {
  readonly LAKE: R2Bucket;
}

export class Scanner extends DurableObject<ScannerEnv> implements ScannerRpc {
  readonly #runner = new ScanRunner(this.env.LAKE, () => Date.now());

  scan(task: ScanTask): Promise<ShareReply<PartialFold>> {
    return this.#runner.scan(task);
  }

  scanAll(task: SharedScanTask): Promise<ShareReply<readonly PartialFold[]>> {
    return this.#runner.scanAll(task);
  }

  follow(task: JourneyTask): Promise<ShareReply<JourneyPart>> {
    return this.#runner.follow(task);
  }
}

/** Reaches scanner `index` of a tenant's own pool: one tenant's questions never wait for another's. */
export function scannerOf(namespace: DurableObjectNamespace): ScannerOf {
  return (uid, index) => namespace.get(namespace.idFromName(`${uid}/${index}`)) as unknown as ScannerRpc;
}
