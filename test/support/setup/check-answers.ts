// Set-up of the node project: every answer that a route gives in a test is parsed with the schema it is described by.

import { checkAnswers } from '../../../src/http/answer-checks.ts';

checkAnswers();
