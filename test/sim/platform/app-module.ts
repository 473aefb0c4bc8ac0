// Stands in for src/app.ts in the simulated product: simulated clients call the stages behind the routes.

export function createApp(): never {
  return { fetch: () => undefined } as never;
}
