/**
 * Progress: shows how far a long command is, as a bar on a terminal, elsewhere as a line every few seconds.
 */
/// <reference path="../../../types/cli-progress.d.ts" />
import cliProgress from 'cli-progress';
import type { Io } from './command.ts';

export interface Progress {
  /** Shows `done` of `total`, in the unit of the stage; `detail` is free text. */
  update(done: number, detail: string): void;
  end(): void;
}

const LINE_INTERVAL_MS = 5_000;

export function startProgress(io: Io, stage: string, total: number): Progress {
  return io.isTty ? barProgress(stage, total) : lineProgress(io, stage, total);
}

function barProgress(stage: string, total: number): Progress {
  const format = `${stage} {bar} {percentage}% | {detail} | {duration_formatted}`;
  const bar = new cliProgress.SingleBar(
    { format, hideCursor: true, clearOnComplete: false },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0, { detail: '' });
  return {
    update: (done, detail) => bar.update(done, { detail }),
    end: () => bar.stop(),
  };
}

function lineProgress(io: Io, stage: string, total: number): Progress {
  let last = '';
  let printedAtMs = Date.now();
  const print = () => {
    if (last !== '') io.note(last);
    last = '';
    printedAtMs = Date.now();
  };
  return {
    update(done, detail) {
      last = `${stage}: ${total > 0 ? Math.floor((100 * done) / total) : 100} %, ${detail}`;
      if (Date.now() - printedAtMs >= LINE_INTERVAL_MS) print();
    },
    end: print,
  };
}
