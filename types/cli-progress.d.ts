// The part of cli-progress that the CLI uses; the package has no types.
declare module 'cli-progress' {
  interface Preset {
    readonly format: string;
  }
  class SingleBar {
    constructor(
      options: { readonly format: string; readonly hideCursor?: boolean; readonly clearOnComplete?: boolean },
      preset: Preset,
    );
    start(total: number, startValue: number, payload: Record<string, unknown>): void;
    update(value: number, payload: Record<string, unknown>): void;
    stop(): void;
  }
  const cliProgress: { readonly SingleBar: typeof SingleBar; readonly Presets: { readonly shades_classic: Preset } };
  export default cliProgress;
}
