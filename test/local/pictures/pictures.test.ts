import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { alertsPage } from '../../../local/pictures/alerts-page.ts';
import { examples } from '../../../local/pictures/examples.ts';
import { pageOf } from '../../../local/pictures/page.ts';
import { sent } from '../../../local/pictures/sent.ts';
import { firstLine } from '../../../shared/alerts/text.ts';
import { rules } from '../../../shared/guard/keys/rules/registry.ts';
import { kinds } from '../../../shared/incidents/kinds/registry.ts';
import { cardFaults } from '../../shared/alerts/adaptive-card.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = `${root}/docs/alerts`;
const MOST_BYTES = 600_000;

describe('the pictures in docs/alerts', () => {
  test('are those of the examples, and small enough for a clone of the project', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.png'));
    expect(files.toSorted()).toEqual(
      Object.keys(examples)
        .map((name) => `${name}.png`)
        .toSorted(),
    );
    const bytes = files.map((name) => statSync(`${folder}/${name}`).size);
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(MOST_BYTES);
  });

  test('are listed by the page that "npm run docs" makes', () => {
    expect(readFileSync(`${folder}/README.md`, 'utf8')).toBe(alertsPage());
  });
});

describe.each(Object.entries(examples))('the example %s', (name, example) => {
  test('is of a kind and a channel that there are', () => {
    expect(name.startsWith(`${example.channel}-`)).toBe(true);
    expect([...rules, ...kinds].map(({ id }) => id)).toContain(example.alert.incident.kind);
  });

  test('is drawn with the first line of its alert', async () => {
    const { html, card } = pageOf(example.channel, await sent(example));
    const first = firstLine(example.alert, example.now);
    const drawn = `${html}${JSON.stringify(card)}`.replaceAll('&quot;', '"');
    for (const part of first.split(': ')) expect(drawn).toContain(part);
    expect(card === undefined ? [] : cardFaults(card)).toEqual([]);
  });
});

test('a page shows markup of a name as text', async () => {
  const { alert, ...example } = examples['slack-channel-failing'] ?? expect.fail('there is no such example');
  const incident = { ...alert.incident, summary: '<script>evil()</script>' };
  const { html } = pageOf('slack', await sent({ ...example, alert: { ...alert, incident } }));
  expect(html).toContain('&lt;script&gt;');
  expect(html).not.toContain('<script');
});

test('a channel that draws nothing has no page', () => {
  expect(() => pageOf('webhook', {})).toThrow('There is no picture of what the channel webhook sends.');
});

test('npm run docs says what to install where there is no Chromium, and draws nothing', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['local/pictures/main.ts', '--chromium', '/nowhere', '--folder', '/nowhere'],
    { cwd: root, encoding: 'utf8' },
  );
  expect([status, stderr]).toEqual([
    1,
    'There is no Chromium at /nowhere: run "apt-get install chromium", or name one with --chromium <file>.\n',
  ]);
});
