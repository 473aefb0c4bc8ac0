/** Asks: facts that a question needs beyond the events it reads, collected while it is compiled. */
export interface PeopleAsks {
  /** True when people must be put through the links. */
  readonly identity: boolean;
  /** Names with their prefix: `person.plan`, `group.plan`. */
  readonly traits: ReadonlySet<string>;
  /** Ids of cohorts. */
  readonly cohorts: ReadonlySet<string>;
  /** Whether the cohorts are counted without events of bots. Default: with them. */
  readonly excludesBots?: boolean;
}
