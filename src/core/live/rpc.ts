/**
 * Live RPC: the calls between the edge and the hub of a tenant. Plain data, structured-clonable.
 */
import type { RefusalReport, RefusalsReply, RefusalsRequest } from './refusal.ts';
import type { ThrottleCount, ThrottledRequest, ThrottledSpan } from './throttle.ts';

/** RPC surface of a tenant's hub. */
export interface LiveRpc {
  /** Keeps the refusals of a request, durably. `unkept` are refusals of earlier requests, which reached no hub. */
  note(report: RefusalReport, unkept: number): Promise<void>;
  refusals(request: RefusalsRequest): Promise<RefusalsReply>;
  /** Adds to the numbers of requests that were refused for now, durably. */
  countThrottled(counts: readonly ThrottleCount[]): Promise<void>;
  throttled(request: ThrottledRequest): Promise<readonly ThrottledSpan[]>;
  /** Ends the connections that were opened with these keys, which are revoked. */
  endKeys(keyIds: readonly string[]): Promise<void>;
  /** Erases the hub of a deleted tenant. */
  wipe(): Promise<void>;
}

/** Reaches the hub of a tenant. `region`: where a new one is placed. */
export type LiveOf<Rpc extends LiveRpc = LiveRpc> = (uid: string, region?: string) => Rpc;
