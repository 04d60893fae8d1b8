import { describe, expect, test } from 'vitest';
import { alertEvent } from '../../../shared/alerts/cloud-event.ts';
import { detailLines, firstLine } from '../../../shared/alerts/text.ts';
import type { AlertContent } from '../../../shared/domain/incident.ts';
import { GUARDIAN } from '../../../shared/domain/subject.ts';
import { alert } from './alerts.ts';

const now = new Date('2026-03-01T12:00:20Z');

describe('an alert as an event', () => {
  test('carries the incident for people and for machines', () => {
    const content = alert();
    expect(alertEvent(content, now)).toEqual({
      specversion: '1.0',
      id: 'incident-1/1/opened',
      source: '/key-guardian',
      type: 'KeyGuardian.IncidentOpened',
      subject: 'payments/disk-key/abc',
      time: '2026-03-01T12:00:20.000Z',
      datacontenttype: 'application/json',
      data: {
        version: 1,
        event: 'opened',
        title: firstLine(content, now),
        lines: detailLines(content, now),
        incident: content.incident,
      },
    });
  });

  test.each<[AlertContent, string, string]>([
    [alert({ revision: 2 }, 'changed'), 'KeyGuardian.IncidentChanged', 'incident-1/2/changed'],
    [alert({ revision: 3, state: 'resolved' }, 'resolved'), 'KeyGuardian.IncidentResolved', 'incident-1/3/resolved'],
    [alert({ state: 'resolved' }, 'opened'), 'KeyGuardian.IncidentOpened', 'incident-1/1/opened'],
  ])('has the type of what happened, and an id for each revision (case %#)', (content, type, id) => {
    expect(alertEvent(content, now)).toMatchObject({ type, id });
  });

  test('has a subject also where it is about the guardian itself', () => {
    expect(alertEvent(alert({ subject: GUARDIAN }), now).subject).toBe('Key Guardian');
  });

  test('has nothing but what the JSON format of CloudEvents takes as names of attributes', () => {
    for (const name of Object.keys(alertEvent(alert(), now))) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
  });
});
