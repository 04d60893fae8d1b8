import type { CloudEvent } from '../domain/cloud-event.ts';
import type { AlertContent } from '../domain/incident.ts';
import { spellSubject } from '../domain/subject.ts';
import { detailLines, firstLine } from './text.ts';

/** What an alert says as the data of an event. Moments are ISO 8601 in UTC; members without a value are left out. New members may be added. */
export interface AlertData {
  readonly version: 1;
  readonly event: AlertContent['event'];
  /** For people, one line: the deadline first. */
  readonly title: string;
  /** For people, below the title, a line each. */
  readonly lines: readonly string[];
  /** For machines. */
  readonly incident: AlertContent['incident'];
}

/** The type of the event of each alert: a subscriber can select by it. */
const TYPES: Readonly<Record<AlertContent['event'], string>> = {
  opened: 'KeyGuardian.IncidentOpened',
  changed: 'KeyGuardian.IncidentChanged',
  resolved: 'KeyGuardian.IncidentResolved',
};

/**
 * An alert as an event. Its subject is that of the incident, as `contoso-disks/disk-web/<version>`. Of an attack that is
 * undone within a minute a webhook gets one event, that of a resolved incident, as people do.
 *
 * @param now the event's time: when the alert is sent
 */
export const alertEvent = (alert: AlertContent, now: Date): CloudEvent & { readonly data: AlertData } => {
  const { event, incident } = alert;
  return {
    specversion: '1.0',
    id: `${incident.id}/${incident.revision}/${event}`,
    source: '/key-guardian',
    type: TYPES[event],
    subject: spellSubject(incident.subject),
    time: now.toISOString(),
    datacontenttype: 'application/json',
    data: { version: 1, event, title: firstLine(alert, now), lines: detailLines(alert, now), incident },
  };
};
