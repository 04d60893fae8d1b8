import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { alertTextsPage, exampleNames, opened, undone } from '../../local/alert-texts.ts';
import { examples, ruleExamples } from '../../local/example-incidents.ts';

const page = alertTextsPage('');
const texts = [...page.matchAll(/```text\n(.*?)\n```/gs)].map(([, text = '']) => text);

describe('the examples of incidents', () => {
  test('are one of each rule, and one of each kind and reason', () => {
    expect([...Object.keys(ruleExamples), ...Object.keys(examples)].toSorted()).toEqual(exampleNames.toSorted());
  });

  test.each(Object.entries({ ...ruleExamples, ...examples }))('are of what they are named after: %s', (name, draft) => {
    expect(draft.reason === undefined ? draft.kind : `${draft.kind}, ${draft.reason}`).toBe(name);
  });

  test('have none of what no kind is', () => {
    expect(() => opened('key-lost')).toThrow('There is no example of key-lost.');
  });
});

describe('the page of what alerts say', () => {
  test('has an alert of each, and of what can be undone the alert that it was', () => {
    const undoable = Object.values(ruleExamples).filter(({ judgement }) => judgement === 'withheld: alert-only');
    expect(undoable.map(({ kind }) => kind)).toEqual([
      'key-deleted',
      'version-disabled',
      'version-expiring',
      'version-not-before-later',
      'version-operations-removed',
    ]);
    expect(texts).toHaveLength(exampleNames.length + undoable.length);
    expect(undone(opened('version-disabled'))).toMatchObject({ state: 'resolved', judgement: 'undone' });
  });

  test('has no alert of more than twelve lines', () => {
    expect(texts.filter((text) => text.split('\n').length > 12)).toEqual([]);
  });

  test('has no command that a shell cannot read', () => {
    const commands = page.split('\n').flatMap((line) => /^command: (.*)/.exec(line)?.[1] ?? []);
    expect(commands.length).toBeGreaterThan(exampleNames.length);
    execFileSync('bash', ['-n'], { input: commands.join('\n') });
  });

  test('has a command in each alert for on-call', () => {
    const without = texts.filter((text) => text.includes(', for on-call;') && !/^resolved: /.test(text));
    expect(without.filter((text) => !text.includes('\ncommand: '))).toEqual([]);
  });

  test.each(exampleNames)('says how to say that it was meant, where the guardian keeps from undoing it: %s', (name) => {
    const { judgement } = opened(name);
    const text = texts[exampleTexts(name)] ?? '';
    expect(text.includes('approve ask prod-disks/disk-a')).toBe(judgement === 'withheld: alert-only');
    expect(text.includes('az keyvault key restore')).toBe(name === 'key-missing' || name === 'key-recreated');
  });
});

/** The place of the first text of an example. */
const exampleTexts = (name: string): number =>
  [...page.slice(0, page.indexOf(`## ${title(name)}\n`)).matchAll(/```text\n/g)].length;

const title = (name: string): string =>
  name
    .split(', ')
    .map((part) => `\`${part}\``)
    .join(': ');
