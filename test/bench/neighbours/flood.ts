// Flood: a separate process that sends the requests of an attack until its time is over, and reports once.
//
// It reads a FloodOrder as JSON from its input; its only line of output is a FloodReport. A process that is ended with
// SIGTERM reports what it has sent so far.

import { createReadStream, readFileSync, statSync } from 'node:fs';
import { Agent, request } from 'node:http';

/** A request as plain data. A body is a text or the path of a file. */
export interface FloodRequest {
  readonly method: 'POST' | 'GET';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyFile?: string;
}

/** Requests that are sent in their order over a number of connections. */
export interface FloodStage {
  readonly requests: readonly FloodRequest[];
  readonly clients: number;
  /** Whether the first request follows the last, until the time is over. */
  readonly repeats: boolean;
}

export interface FloodOrder {
  readonly url: string;
  readonly stages: readonly FloodStage[];
  readonly durationMs: number;
}

/** The number of answers by status, and by status and code where there is a code. Unfinished requests are not in it. */
export type FloodReport = Readonly<Record<string, number>>;

const { url, stages, durationMs } = JSON.parse(readFileSync(0, 'utf8')) as FloodOrder;
const agent = new Agent({ keepAlive: true });
const answers: Record<string, number> = {};
const endsAtMs = performance.now() + durationMs;

/** The request's answer, read to its end: its status and the code of a problem. */
function send({ method, path, headers, body, bodyFile }: FloodRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const length = bodyFile === undefined ? Buffer.byteLength(body ?? '') : statSync(bodyFile).size;
    const sending = request(url + path, { agent, method, headers: { 'content-length': length, ...headers } });
    sending.on('response', (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => {
        if (answer.statusCode! >= 400) text += chunk;
      });
      answer.on('end', () => resolve(`${answer.statusCode}${codeOf(text)}`));
      answer.on('error', reject);
    });
    sending.on('error', reject);
    if (bodyFile === undefined) sending.end(body);
    else createReadStream(bodyFile).pipe(sending);
  });
}

function codeOf(text: string): string {
  const code = /"code":"([a-z-]+)"/.exec(text)?.[1];
  return code === undefined ? '' : ` ${code}`;
}

async function run({ requests, clients, repeats }: FloodStage): Promise<void> {
  let next = 0;
  const client = async () => {
    while (performance.now() < endsAtMs && (repeats || next < requests.length)) {
      const each = requests[next++ % requests.length] as FloodRequest;
      const answer = await send(each).catch((cause: Error) => `failed ${cause.message}`);
      answers[answer] = (answers[answer] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

function report(): void {
  process.stdout.write(`${JSON.stringify(answers)}\n`, () => process.exit(0));
}

process.on('SIGTERM', report);
for (const stage of stages) await run(stage);
report();
