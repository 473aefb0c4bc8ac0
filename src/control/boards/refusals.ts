/** Refusals that the routes of boards and of share links have in common. */
import { Problem } from '../../http/problem.ts';

export function boardNotFound(): Problem {
  return new Problem(404, 'board-not-found', 'The tenant has no board with this id.');
}
