// Product: the entry of the simulator's bundle, which exports the names that the simulator uses.

export { Directory, directoryOf } from '../../../durable-objects/directory.ts';
export { Shard } from '../../../durable-objects/shard.ts';
export { createRollup } from '../../../src/control/rollups/rollup-store.ts';
export { growShards } from '../../../src/control/shards/grow.ts';
export { storeBots } from '../../../src/control/tenants/bots-store.ts';
export { TenantCache } from '../../../src/control/tenants/tenant-cache.ts';
export { loadTenant } from '../../../src/control/tenants/tenants.ts';
export { LIMITS } from '../../../src/core/limits.ts';
export { parseQuery } from '../../../src/core/query/question/request.ts';
export { makeRollup } from '../../../src/core/rollup/rollup.ts';
export { shardName } from '../../../src/core/shard/shard-map.ts';
export { collect } from '../../../src/edge/collect.ts';
export { importRoutes } from '../../../src/edge/import-routes.ts';
export { nativeEvents } from '../../../src/edge/protocols/native.ts';
export { default as worker } from '../../../src/index.ts';
export { lakeImporter } from '../../../src/lake/import/import.ts';
export { readScanPlan } from '../../../src/lake/manifest/segments.ts';
export { readSegment } from '../../../src/lake/segment/segment-read.ts';
export { bytesSource } from '../../../src/lake/segment/source.ts';
export { execute } from '../../../src/query/ask/execute.ts';
export { answerReport } from '../../../src/query/ask/kept-answers.ts';
export { mustReport } from '../../../src/query/ask/report-problems.ts';
export { planExport } from '../../../src/query/export/plan-export.ts';
export { streamExport } from '../../../src/query/export/stream-export.ts';
export { beginAsking } from '../../../src/query/view/asking.ts';
