/** Event of the SDK: an event in the names of `POST /v1/events`, as the SDK keeps and sends it. */

export type Properties = Readonly<Record<string, unknown>>;

export type EventType = 'track' | 'page' | 'screen' | 'identify' | 'group' | 'alias';

export interface SdkEvent {
  /** Made once and sent with every try, so that a resend is not counted again. */
  readonly id: string;
  readonly type: EventType;
  readonly event?: string | undefined;
  readonly name?: string | undefined;
  readonly userId?: string | undefined;
  readonly anonymousId?: string | undefined;
  readonly groupId?: string | undefined;
  readonly previousId?: string | undefined;
  /** ISO 8601, by the client's clock. */
  readonly timestamp: string;
  readonly properties?: Properties | undefined;
  readonly context?: Properties | undefined;
}

/** An event that the server refused for good; the others of its request were taken. */
export interface Refused {
  readonly id: string | null;
  readonly code: string;
  /** JSON pointer into the event. */
  readonly path: string;
  readonly message: string;
}
