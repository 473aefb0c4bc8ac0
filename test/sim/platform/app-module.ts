// App module: replaces src/app.ts in the simulated product. Simulated clients call the stages behind the routes.

export function createApp(): never {
  return { fetch: () => undefined } as never;
}
