/**
 * Timeline: what one person did, the newest session first. An event unfolds in place to its properties and what was found
 * out about it.
 */
import type { ListedEvent } from '../../../wire/events.ts';
import { at, duration, full } from '../../data/format.ts';
import { type Session, sessionsOf } from './sessions-layout.ts';
import './timeline.css';

export function Timeline({ events }: { readonly events: readonly ListedEvent[] }) {
  return (
    <ol class="timeline">
      {sessionsOf(events).map((session) => (
        <SessionBlock key={session.events[0]!.id} session={session} />
      ))}
    </ol>
  );
}

function SessionBlock({ session }: { readonly session: Session }) {
  const { startMs, events } = session;
  return (
    <li>
      <h3>
        {at(startMs, 'weekday')}, {at(startMs, 'time')}
      </h3>
      <p class="muted">{sessionWords(session)}</p>
      <ol class="timeline-events">
        {events.map((event) => (
          <li key={event.id}>
            <EventLine event={event} />
          </li>
        ))}
      </ol>
    </li>
  );
}

/** 4 events in 2 m 14 s, from / to /pricing. */
export function sessionWords({ startMs, endMs, count, entry, exit }: Session): string {
  const events = `${full(count)} ${count === 1 ? 'event' : 'events'}`;
  const lasts = endMs > startMs ? ` in ${duration((endMs - startMs) / 1_000)}` : '';
  if (entry === null) return `${events}${lasts}`;
  return entry === exit ? `${events}${lasts}, on ${entry}` : `${events}${lasts}, from ${entry} to ${exit}`;
}

function EventLine({ event }: { readonly event: ListedEvent }) {
  const { timestamp, properties, context, columns } = event;
  return (
    <details class="timeline-event">
      <summary>
        <time dateTime={timestamp}>{at(Date.parse(timestamp), 'second')}</time>
        <span class="timeline-name">{event.event}</span>
        <span class="timeline-hint muted">{hintOf(event)}</span>
      </summary>
      <Values title="Properties" values={properties} />
      <Values title="Found out" values={columns} />
      <Values title="Context" values={context} />
      <p class="muted timeline-id">
        Event <code>{event.id}</code>, received {at(Date.parse(event.receivedAt), 'moment')}
      </p>
    </details>
  );
}

const HINTS_MAX = 3;

/** The page, else the first few plain properties. */
function hintOf({ columns, properties }: ListedEvent): string {
  const plain = Object.entries(properties).filter(([, value]) => typeof value !== 'object');
  const first = plain.slice(0, HINTS_MAX).map(([name, value]) => `${name} ${value}`);
  return columns.path === undefined ? first.join(' · ') : columns.path;
}

function Values({ title, values }: { readonly title: string; readonly values: Readonly<Record<string, unknown>> }) {
  const entries = Object.entries(values);
  if (entries.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <dl class="values">
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{valueText(value)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** A value as a person reads it: texts as they are, all else as JSON. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
