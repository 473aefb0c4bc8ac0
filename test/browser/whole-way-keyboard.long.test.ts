// The whole way through the dashboard by keyboard alone.

import { keyboard } from './hands.ts';
import { describeWholeWay } from './whole-way.ts';

describeWholeWay('keyboard', keyboard);
