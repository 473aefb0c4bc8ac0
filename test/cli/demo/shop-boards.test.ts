// What the shop of the demo begins with is taken by the API as it is.

import { describe, expect, it } from 'vitest';
import { SHOP_BOARDS, SHOP_COHORTS, SHOP_INSIGHTS, SHOP_ROLLUPS } from '../../../src/cli/demo/shop-boards.ts';
import { fakeApp } from '../../support/fake-services.ts';

describe('the boards of the demo', () => {
  it('are taken by the API, with the saved questions, cohorts and rollups', async () => {
    const { call, createTenant } = fakeApp();
    const { keys } = await createTenant('demo');
    const admin = { key: keys.admin };
    for (const body of [...SHOP_ROLLUPS, ...SHOP_ROLLUPS])
      expect((await call('POST', '/v1/rollups', { ...admin, body })).status).toBeLessThan(300);
    for (const [id, body] of Object.entries(SHOP_BOARDS)) {
      const put = await call('PUT', `/v1/boards/${id}`, { ...admin, body: { ...body, revision: 0 } });
      expect([id, put.status, put.body.code]).toEqual([id, 200, undefined]);
      expect((await call('PUT', `/v1/boards/${id}`, { ...admin, body: { ...body, revision: 0 } })).status).toBe(409);
    }
    for (const body of SHOP_INSIGHTS) expect((await call('POST', '/v1/insights', { ...admin, body })).status).toBe(201);
    for (const body of SHOP_COHORTS) expect((await call('POST', '/v1/cohorts', { ...admin, body })).status).toBe(201);
  });
});
