import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { runCommand } from '../local/cli/program.ts';
import { settingsSchema } from '../shared/config.ts';
import { WITHHELD } from '../shared/domain/decision.ts';
import { policy } from '../shared/domain/policy.ts';
import { rules } from '../shared/guard/keys/rules/registry.ts';
import { checks } from '../shared/posture/checks/registry.ts';
import { UNPLAIN } from './unplain.ts';

type Sentence = readonly [where: string, sentence: string];

/** Every description in a JSON schema, at any depth, with the path that leads to it. */
function descriptions(schema: unknown, path: string): readonly Sentence[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, member]): readonly Sentence[] =>
    name === 'description' && typeof member === 'string'
      ? [[path, member]]
      : descriptions(member, name === 'properties' || name === 'items' ? path : `${path} ${name.replace('$', '')}`),
  );
}

/** The help of a command and of all commands below it. */
async function helpOf(words: readonly string[]): Promise<readonly Sentence[]> {
  const printed: string[] = [];
  const print = (text: string): void => void printed.push(text);
  await runCommand([...words, '--help'], { out: print, err: print });
  const help = printed.join('');
  const [, commands = ''] = help.split('\nCommands:\n');
  const below = [...commands.matchAll(/^ {2}([\w-]+)/gm)].flatMap(([, name]) =>
    name === undefined || name === 'help' ? [] : [name],
  );
  const helps = await Promise.all(below.map((name) => helpOf([...words, name])));
  return [[['the help of key-guardian', ...words].join(' '), help], ...helps.flat()];
}

const help = await helpOf([]);

const sentences: readonly Sentence[] = [
  ...rules.map(({ id, demand }): Sentence => [`rule ${id}: its demand`, demand]),
  ...checks.map(({ id, demand }): Sentence => [`posture check ${id}: its demand`, demand]),
  ...Object.entries(WITHHELD).map(([code, words]): Sentence => [`why a finding is withheld: ${code}`, words]),
  ...descriptions(z.toJSONSchema(settingsSchema, { io: 'input' }), 'setting'),
  ...descriptions(z.toJSONSchema(policy, { io: 'input' }), 'policy'),
  ...help,
];

describe('no sentence that people read has to be decoded', () => {
  test.each(sentences)('%s', (_, sentence) => {
    expect(sentence).not.toMatch(UNPLAIN);
    expect(sentence.trim()).not.toBe('');
  });
});

test('the help of every command is read', () => {
  expect(help.map(([where]) => where)).toEqual(
    expect.arrayContaining([
      'the help of key-guardian status',
      'the help of key-guardian approve ask',
      'the help of key-guardian incident close',
    ]),
  );
});

test.each(rules)('the demand of $id is whole sentences', ({ demand }) => {
  expect(demand).toMatch(/^[A-Z].+\.$/);
});
