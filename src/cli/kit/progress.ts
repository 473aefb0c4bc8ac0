/**
 * Progress: shows how far a long command is, as a bar on a terminal, elsewhere as a line each tenth of the way.
 */
/// <reference path="../../../types/cli-progress.d.ts" />
import cliProgress from 'cli-progress';
import type { Io } from './command.ts';

export interface Progress {
  /** Shows `done` of `total`, in the unit of the stage; `detail` is free text. */
  update(done: number, detail: string): void;
  end(): void;
}

const LINE_STEP_PERCENT = 10;

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
  let printedPercent = 0;
  const print = () => {
    if (last !== '') io.note(last);
    last = '';
  };
  return {
    update(done, detail) {
      const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
      last = `${stage}: ${percent} %, ${detail}`;
      if (percent < printedPercent + LINE_STEP_PERCENT) return;
      printedPercent = percent - (percent % LINE_STEP_PERCENT);
      print();
    },
    end: print,
  };
}
