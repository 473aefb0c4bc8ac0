/**
 * Clean step: removes from an event what its tenant does not store: addresses, parameters of URLs, credentials
 * (core/privacy). It stands before enrich, so that no column is read from what is removed.
 *
 * A context is cleaned once for neighbours with an equal one, as the events of one browser in one request have.
 */
import type { JsonObject } from '../../core/event/event.ts';
import { NO_CONTEXT, type ValidContext } from '../../core/event/event-json.ts';
import type { EventNote } from '../../core/event/note.ts';
import type { ValidEvent } from '../../core/event/validate.ts';
import { cleanJson } from '../../core/privacy/clean.ts';
import { DEFAULT_PRIVACY, type Privacy } from '../../core/privacy/privacy.ts';
import { withoutCredentials } from '../../core/privacy/url-text.ts';
import type { Step, StepContext } from './step.ts';

interface CleanedContext {
  readonly sent: ValidContext;
  readonly context: ValidContext;
  readonly notes: readonly EventNote[];
}

export function clean({ arrival, privacy = DEFAULT_PRIVACY, notes }: StepContext): Step<ValidEvent> {
  const { context: common } = arrival;
  let last: CleanedContext = { sent: NO_CONTEXT, context: NO_CONTEXT, notes: [] };
  return (event) => {
    const { context: sent } = event;
    // The common context is clean already.
    if (sent !== common && !isSame(sent, last.sent)) last = { sent, ...cleanContext(sent, privacy) };
    const context = sent === common || last.notes.length === 0 ? sent : last.context;
    const properties = cleanJson({ value: event.properties, text: event.propertiesText }, privacy, 'properties');
    const names = cleanNames(event);
    if (context === sent && properties.notes.length === 0 && names === null) return event;
    notes.push(...(names?.notes ?? []), ...properties.notes, ...(context === sent ? [] : last.notes));
    const { value } = properties;
    const propertiesText = properties.notes.length === 0 ? event.propertiesText : textOf(value);
    return { ...event, ...names?.named, context, properties: value, propertiesText };
  };
}

/** The context as it is stored. An address that was removed tells that the request comes from a server. */
export function cleanContext(sent: ValidContext, privacy: Privacy): Omit<CleanedContext, 'sent'> {
  const { value, notes } = cleanJson(sent, privacy, 'context');
  if (notes.length === 0) return { context: sent, notes };
  const hadAddress = sent.hadAddress || notes.some(({ code }) => code === 'address-removed');
  return { context: { ...sent, value, text: textOf(value), hadAddress }, notes };
}

function isSame(a: ValidContext, b: ValidContext): boolean {
  return a === b || (a.text === b.text && a.hadAddress === b.hadAddress);
}

/** The names of an event without credentials; null when they hold none. */
function cleanNames({ event, name }: ValidEvent): {
  readonly named: Pick<ValidEvent, 'event' | 'name'>;
  readonly notes: readonly EventNote[];
} | null {
  const named = { event: withoutCredentials(event), name: name === null ? null : withoutCredentials(name) };
  if (named.event === event && named.name === name) return null;
  const path = named.event === event ? '/name' : '/event';
  return { named, notes: [{ code: 'credentials-removed', path }] };
}

function textOf(value: JsonObject): string | null {
  const text = JSON.stringify(value);
  return text.length === 2 ? null : text;
}
