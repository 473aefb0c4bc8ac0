/**
 * JourneyKind: everything that one journey is, in one value: its name and texts, the schemas of its question and of its
 * answer, the check of a question, and the journey that a question becomes.
 *
 * A new journey is one file that exports a kind, and one line in `kinds.ts`. The route, the API's description, the wire
 * types and the work of scanners follow from the kind.
 */
import type { z } from 'zod';
import type { Result } from '../../std/result.ts';
import type { Journey } from './journey.ts';
import type { FieldCodes, JourneyQuestion, JourneyRefusal } from './request.ts';

export interface JourneyKind<Question extends JourneyQuestion = JourneyQuestion, Code extends string = string> {
  /** The last step of the path: `POST /v1/query/<name>`. */
  readonly name: string;
  /** One line that says which question the journey answers. */
  readonly summary: string;
  /** One or two sentences that define the counts. */
  readonly description: string;
  /** The request's schema: the common fields and the journey's own, with their defaults. Unknown fields are refused. */
  readonly question: z.ZodObject;
  /** A refusal code for each field beside the common ones. */
  readonly codes: FieldCodes<Code>;
  /** The answer's schema; `meta` is added on the wire. */
  readonly answer: z.ZodObject;
  /** Checks a body. The question is plain data: scanners receive it as it is. `timezone` is the tenant's. */
  parse(body: unknown, timezone: string, nowMs: number): Result<Question, JourneyRefusal<Code>>;
  /** Makes the journey, which is used for one answer. The answer fits the schema. */
  make(question: Question): Journey;
}
