import { describe, expect, test } from 'vitest';
import { apiOptions, commandsOf, runnable, type Where, withRunnableCommands } from '../../../shared/alerts/runnable.ts';
import type { AlertContent, Incident } from '../../../shared/domain/incident.ts';
import { alert } from './alerts.ts';

const restore = 'key-guardian restore payments/disk-key';
const hold = 'key-guardian hold set payments/disk-key --why "…"';

describe('a command in an alert', () => {
  test.each<[what: string, command: string, where: Where, shown: string | undefined, options?: readonly string[]]>([
    ['is run by npm', restore, 'own-machine', 'npm run key-guardian -- restore payments/disk-key'],
    [
      'restores under the rights of who is signed in',
      restore,
      'azure',
      'npm run key-guardian -- --app https://kg.example --client-id c1 restore payments/disk-key',
      apiOptions('https://kg.example', 'c1'),
    ],
    [
      'sets a hold on the local Azure',
      hold,
      'own-machine',
      'npm run key-guardian -- hold set payments/disk-key --why "…"',
    ],
    ['is left out where nothing names the guardian that it asks', hold, 'azure', undefined],
    [
      'asks the deployed guardian that the settings name',
      'key-guardian approve withdraw x y',
      'azure',
      'npm run key-guardian -- --app https://kg.example --client-id c1 approve withdraw x y',
      apiOptions('https://kg.example', 'c1'),
    ],
  ])('%s', async (_, command, where, shown, options) => {
    expect(runnable(command, where, options)).toBe(shown);
    const sent: AlertContent[] = [];
    const channel = {
      id: 'console',
      send: async (content: AlertContent) => {
        sent.push(content);
      },
    };
    await withRunnableCommands(channel, where, options).send(alert({ commands: ['az login', command] }), console);
    expect(sent).toEqual([alert({ commands: ['az login', ...(shown === undefined ? [] : [shown])] })]);
  });
});

test('the command that acknowledges what was escalated comes second, after the one to act by', () => {
  const { incident } = alert({ commands: ['restore', 'approve'], escalated: 1 });
  expect(commandsOf(incident)).toEqual(['restore', `key-guardian incident acknowledge ${incident.id}`, 'approve']);
});

test.each<[what: string, more: Partial<Incident>, isClosable: boolean]>([
  ['of a key that is gone', { kind: 'key-missing', ends: 'with-an-inspection', abandons: 'key' }, true],
  ['that reports an act', { ends: 'by-a-person' }, true],
  ['that reports an act and is resolved', { ends: 'by-a-person', state: 'resolved' }, false],
  ['that reports a state', { ends: 'with-an-inspection' }, false],
])('the alert of an incident %s says, or does not, that a person closes it', async (_, more, isClosable) => {
  const sent: AlertContent[] = [];
  const channel = { id: 'console', send: async (content: AlertContent) => void sent.push(content) };
  const { incident } = alert({ commands: ['az login'], ...more });
  await withRunnableCommands(channel, 'azure', ['--app', 'x']).send({ event: 'opened', incident }, console);
  const close = `npm run key-guardian -- --app x incident close ${incident.id} --why "…"  # once you know why, and nothing is left to do`;
  expect(sent[0]?.incident.commands).toEqual(['az login', ...(isClosable ? [close] : [])]);
});
