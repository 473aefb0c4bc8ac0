// The whole way through the dashboard by mouse. The way by keyboard is in whole-way-keyboard.long.test.ts.

import { mouse } from './hands.ts';
import { describeWholeWay } from './whole-way.ts';

describeWholeWay('mouse', mouse);
