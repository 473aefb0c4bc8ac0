/**
 * Messages: the fields of an OTLP export of logs, with the names of its JSON form.
 * Reference: https://github.com/open-telemetry/opentelemetry-proto (logs/v1, common/v1, resource/v1)
 */
import type { Message } from './protobuf.ts';

const anyValue: Message = {
  1: { name: 'stringValue', kind: 'text' },
  2: { name: 'boolValue', kind: 'bool' },
  3: { name: 'intValue', kind: 'int64' },
  4: { name: 'doubleValue', kind: 'double' },
  5: { name: 'arrayValue', kind: () => arrayValue },
  6: { name: 'kvlistValue', kind: () => keyValueList },
  7: { name: 'bytesValue', kind: 'base64' },
};
const arrayValue: Message = { 1: { name: 'values', kind: () => anyValue, isList: true } };
const keyValue: Message = { 1: { name: 'key', kind: 'text' }, 2: { name: 'value', kind: () => anyValue } };
const keyValueList: Message = { 1: { name: 'values', kind: () => keyValue, isList: true } };
const attributes = { name: 'attributes', kind: () => keyValue, isList: true } as const;

const resource: Message = { 1: attributes };
const scope: Message = { 1: { name: 'name', kind: 'text' }, 2: { name: 'version', kind: 'text' }, 3: attributes };

export const logRecordMessage: Message = {
  1: { name: 'timeUnixNano', kind: 'fixed64' },
  2: { name: 'severityNumber', kind: 'int' },
  3: { name: 'severityText', kind: 'text' },
  5: { name: 'body', kind: () => anyValue },
  6: attributes,
  9: { name: 'traceId', kind: 'hex' },
  10: { name: 'spanId', kind: 'hex' },
  11: { name: 'observedTimeUnixNano', kind: 'fixed64' },
  12: { name: 'eventName', kind: 'text' },
};

/** Records stay bytes, so that one that cannot be read is refused among others that can. */
const scopeLogs: Message = {
  1: { name: 'scope', kind: () => scope },
  2: { name: 'logRecords', kind: 'raw', isList: true },
};
const resourceLogs: Message = {
  1: { name: 'resource', kind: () => resource },
  2: { name: 'scopeLogs', kind: () => scopeLogs, isList: true },
};
export const exportLogsMessage: Message = { 1: { name: 'resourceLogs', kind: () => resourceLogs, isList: true } };
