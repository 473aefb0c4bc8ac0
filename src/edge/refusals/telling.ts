/**
 * Telling: the refusals of one request on their way to the hub of its tenant. It does nothing where no reporter is.
 */
import { LIMITS } from '../../core/limits.ts';
import type { Authenticated } from '../../http/authenticate.ts';
import type { Body } from '../request/body.ts';
import type { RequestHead } from '../request/head.ts';
import type { RejectedEvent } from '../request/verdict.ts';
import { type Refused, reportOfEvents, reportOfRequest, type WholeRefusal } from './report.ts';
import type { RefusalReporter } from './reporter.ts';

/** The call that the request makes. */
export interface ToldCall {
  readonly source: string;
  readonly path: string;
  readonly head: RequestHead;
}

export interface TellingPorts {
  readonly refusals?: RefusalReporter;
  readonly now: () => number;
}

export class Telling {
  readonly #call: ToldCall;
  readonly #ports: TellingPorts;

  constructor(call: ToldCall, ports: TellingPorts) {
    this.#call = call;
    this.#ports = ports;
  }

  /** Tells of a request that was refused whole. `body`: null when it could not be read. */
  async request(caller: Authenticated, refusal: WholeRefusal, body: Body | null): Promise<void> {
    await this.#ports.refusals?.report(caller.tenant, reportOfRequest(this.#refused(caller), refusal, body));
  }

  /** Tells of the events of a request that were refused beside their neighbours. `sent`: its events, as they were sent. */
  async events(caller: Authenticated, sent: readonly unknown[], rejected: readonly RejectedEvent[]): Promise<void> {
    await this.#ports.refusals?.report(caller.tenant, reportOfEvents(this.#refused(caller), sent, rejected));
  }

  #refused(caller: Authenticated): Refused {
    const { source, path, head } = this.#call;
    const userAgent = head.headers.get('user-agent')?.slice(0, LIMITS.refusalUserAgentLengthMax) ?? null;
    return { source, path, userAgent, receivedAtMs: this.#ports.now(), caller };
  }
}
