/** Given id: the id in the path of a board or an annotation, which the client chooses. */
import { Problem } from '../../http/problem.ts';
import { givenIdSchema } from '../../wire/boards/board.ts';

/** Throws 400 `request-invalid`. */
export function mustGivenId(id: string): string {
  if (givenIdSchema.safeParse(id).success) return id;
  const detail = 'The id in the path has up to 40 lower-case letters, digits and -, and begins with a letter or digit.';
  throw new Problem(400, 'request-invalid', detail, { extra: { path: '' } });
}
