import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { guarded } from './guarded.ts';

const { host } = guarded(['disk-web']);
const folder = new URL('../../functions/', import.meta.url);

describe('index', () => {
  it('names every file of the folder, in order', async () => {
    const files = (await readdir(folder)).filter((file) => file !== 'index.ts').toSorted();
    const named = [...(await readFile(new URL('index.ts', folder), 'utf8')).matchAll(/^import '\.\/(.+)';$/gm)];
    expect(named.map(([, file]) => file)).toEqual(files);
  });

  it('registers each function by the name of its file, with what wakes it', () => {
    expect(Object.fromEntries(host().functions.map(({ name, trigger }) => [name, trigger]))).toEqual({
      'activity-log': 'eventGridTrigger',
      alert: 'queueTrigger',
      'audit-log-westeurope': 'eventHubTrigger',
      heartbeat: 'timerTrigger',
      inspect: 'queueTrigger',
      'key-vault-event': 'eventGridTrigger',
      'dead-lettered-alerts': 'queueTrigger',
      'dead-lettered-inspections': 'queueTrigger',
      'dead-lettered-surveys': 'queueTrigger',
      'dead-lettered-sweeps': 'queueTrigger',
      people: 'httpTrigger',
      sentry: 'timerTrigger',
      survey: 'queueTrigger',
      sweep: 'queueTrigger',
    });
  });
});
