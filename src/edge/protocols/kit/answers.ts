/**
 * Answers: forms of answers that several vendors share: a pixel, a text, a JSON document of any status, an empty
 * script, the verdict.
 */
import type { Problem } from '../../../http/problem.ts';
import { jsonAnswer, type ProtocolAnswer, type Taken } from '../protocol.ts';
import { outcomeOf } from './companions.ts';

const GIF_HEADERS = { 'content-type': 'image/gif' };
const TEXT_HEADERS = { 'content-type': 'text/plain;charset=UTF-8' };
const SCRIPT_HEADERS = { 'content-type': 'application/javascript;charset=UTF-8' };
/** One transparent pixel. */
const GIF = Uint8Array.from(atob('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'), (char) =>
  char.charCodeAt(0),
);

export function pixelAnswer(status = 200): ProtocolAnswer {
  return { status, headers: GIF_HEADERS, body: GIF };
}

export function textAnswer(body: string, status = 200): ProtocolAnswer {
  return { status, headers: TEXT_HEADERS, body };
}

export function scriptAnswer(body: string): ProtocolAnswer {
  return { status: 200, headers: SCRIPT_HEADERS, body };
}

export function statusAnswer(status: number, document: object): ProtocolAnswer {
  return { ...jsonAnswer(document), status };
}

/** The members of a problem that a vendor's own form of a refusal has beside its own. */
export function problemMembers({ status, code, detail }: Problem) {
  return { type: `/docs/errors#${code}`, status, code, detail };
}

/** The verdict as the answer: 400 when every event that the client has sent was refused. */
export function verdictAnswer(taken: Taken): ProtocolAnswer {
  return statusAnswer(outcomeOf(taken).isAllRefused ? 400 : 200, taken.verdict);
}
