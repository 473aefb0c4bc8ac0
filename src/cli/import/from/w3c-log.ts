/**
 * W3C log: the extended log file format, in which a line `#Fields: date time cs-method …` names the fields of those that follow.
 * It is the form of CloudFront's and IIS's logs.
 * Reference: https://www.w3.org/TR/WD-logfile.html
 */
import type { ImportEvent, Mapping } from '../mapping.ts';

const FIELDS = '#Fields:';

/** The fields of a line by their names; a `-` is an unknown value. */
export type LogFields = Readonly<Record<string, string>>;

/** `separator`: a tab for CloudFront, a space for IIS. The line with the names is always separated by spaces. */
export function w3cMapping(separator: string, eventOf: (fields: LogFields) => ImportEvent | null): Mapping<unknown> {
  let names: readonly string[] = [];
  return (row) => {
    const line = row as string;
    if (line.startsWith('#')) {
      if (line.startsWith(FIELDS)) names = line.slice(FIELDS.length).trim().split(/\s+/);
      return null;
    }
    if (names.length === 0) throw new Error('no line "#Fields:" names the fields of this one');
    const values = line.split(separator);
    if (values.length !== names.length) {
      throw new Error(`the line has ${values.length} fields, "#Fields:" names ${names.length}`);
    }
    const fields: Record<string, string> = {};
    for (let i = 0; i < names.length; i++) fields[names[i]!] = values[i]!;
    return eventOf(fields);
  };
}

/** The instant of a line, whose date and time are UTC. */
export function timeOf({ date, time }: LogFields): string {
  if (date === undefined || time === undefined) throw new Error('the line has no date or no time');
  return `${date}T${time}Z`;
}
