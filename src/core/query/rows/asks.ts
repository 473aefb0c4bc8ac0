/** Asks: what a question wants to know beyond the events it reads; collected while it is compiled. */
export interface PeopleAsks {
  /** Who the person of an event is: with the links. */
  readonly identity: boolean;
  /** Names with their prefix: `person.plan`, `group.plan`. */
  readonly traits: ReadonlySet<string>;
  /** Ids. */
  readonly cohorts: ReadonlySet<string>;
}
