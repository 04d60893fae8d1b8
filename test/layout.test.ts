import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { collect, installFunctionsCore } from '../local/host/functions-core.ts';
import { channelRegistry } from '../shared/alerts/registry.ts';
import { action } from '../shared/domain/actions/registry.ts';
import { rules } from '../shared/guard/keys/rules/registry.ts';
import { kinds } from '../shared/incidents/kinds/registry.ts';
import { checks } from '../shared/posture/checks/registry.ts';
import { foldersIn, importsOf, loadedBy, sourcesIn, textOf } from './source.ts';

/** Holds the house: where things are, what they are called, and which way imports point. */

const functions = sourcesIn('functions').filter((file) => file !== 'functions/index.ts');
const shared = sourcesIn('shared');
const local = sourcesIn('local');
const nameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1, -'.ts'.length);
/** Schemas and hashes reach nothing outside. */
const isComputing = (specifier: string): boolean => specifier === 'zod' || specifier === 'node:crypto';
/** `file → what it imports` for each import that may not be, so that a failure names all of them. */
const importsWhere = (
  files: readonly string[],
  isWrong: (from: string, file: string, isOurs: boolean) => boolean,
): readonly string[] =>
  files.flatMap((file) =>
    importsOf(file).flatMap(({ from, isOurs }) => (isWrong(from, file, isOurs) ? [`${file} → ${from}`] : [])),
  );

describe('a rule', () => {
  const folder = 'shared/guard/keys/rules/';
  const files = sourcesIn('shared/guard/keys/rules').filter((file) => file !== `${folder}registry.ts`);

  test('is one file, named like its id, and one line of the registry', () => {
    expect(rules.map(({ id }) => `${folder}${id}.ts`).toSorted()).toEqual(files);
  });

  test.each(files.map(nameOf))('%s has a test of its name', (name) => {
    expect(sourcesIn('test/shared/guard/keys/rules')).toContain(`test/shared/guard/keys/rules/${name}.test.ts`);
  });

  test.each(rules.map((rule) => [rule.id, rule] as const))(
    '%s says what it demands, in a sentence, and on which page it rests',
    (_id, { demand, source }) => {
      expect(demand).toMatch(/^[A-Z].+\.$/);
      expect(source).toMatch(/^https:\/\/learn\.microsoft\.com\//);
    },
  );
});

describe('a posture check', () => {
  const folder = 'shared/posture/checks/';
  const files = sourcesIn('shared/posture/checks').filter((file) => file !== `${folder}registry.ts`);

  test('is one file, named like its id, and one line of the registry', () => {
    expect(checks.map(({ id }) => `${folder}${id}.ts`).toSorted()).toEqual(files);
  });

  test.each(files.map(nameOf))('%s has a test of its name', (name) => {
    expect(sourcesIn('test/shared/posture/checks')).toContain(`test/shared/posture/checks/${name}.test.ts`);
  });

  test.each(checks.map((check) => [check.id, check] as const))(
    '%s says what it demands, in a sentence, and on which page it rests',
    (_id, { demand, source }) => {
      expect(demand).toMatch(/^[A-Z].+\.$/);
      expect(source).toMatch(/^https:\/\/learn\.microsoft\.com\//);
    },
  );
});

describe('a kind of incident that no rule makes', () => {
  const folder = 'shared/incidents/kinds/';
  const files = sourcesIn('shared/incidents/kinds').filter(
    (file) => file !== `${folder}registry.ts` && file !== `${folder}kind.ts`,
  );

  test('is one file, named like its id, and one line of the registry', () => {
    expect(kinds.map(({ id }) => `${folder}${id}.ts`).toSorted()).toEqual(files);
  });

  test.each(files)('%s has rows in the table of all of them, which asks for one of each reason', (file) => {
    const table = ['test/shared/incidents/kinds/kinds.test.ts', 'local/example-incidents.ts'].flatMap(importsOf);
    expect(table.map(({ from }) => from)).toEqual(expect.arrayContaining([file, `${folder}registry.ts`]));
  });

  test('is called like no rule', () => {
    expect(kinds.map(({ id }) => id).filter((id) => rules.some((rule) => rule.id === id))).toEqual([]);
  });
});

describe('an action', () => {
  const folder = 'shared/domain/actions/';
  const kindsOf = action.options.map(({ shape }) => shape.kind.value);

  test('is one file, named like its kind, and one line of the registry', () => {
    const files = sourcesIn('shared/domain/actions').filter(
      (file) => file !== `${folder}registry.ts` && file !== `${folder}action.ts`,
    );
    expect(kindsOf.map((kind) => `${folder}${kind}.ts`).toSorted()).toEqual(files);
  });

  test.each(kindsOf)('%s has rows in the test of the registry', (kind) => {
    expect(textOf('test/shared/domain/actions/registry.test.ts')).toContain(`kind: '${kind}'`);
  });
});

describe('an alert channel', () => {
  const ids = Object.keys(channelRegistry);

  test.each(ids)('%s is a file and a test of its name', (id) => {
    expect(sourcesIn('shared/alerts')).toContain(`shared/alerts/${id}.ts`);
    expect(sourcesIn('test/shared/alerts')).toContain(`test/shared/alerts/${id}.test.ts`);
  });

  test('is a line of the registry', () => {
    const files = sourcesIn('shared/alerts').filter((file) => textOf(file).includes(': MakeChannel ='));
    expect(files.map(nameOf).toSorted()).toEqual(ids.toSorted());
  });
});

describe('a command', () => {
  test('is one file, and one line of the program', () => {
    const named = importsOf('local/cli/program.ts').map(({ from }) => from);
    expect(named.filter((from) => from.startsWith('local/cli/commands/'))).toEqual(sourcesIn('local/cli/commands'));
  });

  test.each(sourcesIn('local/cli/commands').map(nameOf))('%s has a test of its name', (name) => {
    expect(sourcesIn('test/local/cli/commands')).toContain(`test/local/cli/commands/${name}.test.ts`);
  });
});

describe('what a file exports', () => {
  // Rules, kinds of incident and scenes say what they are in data; a type that is inferred, and a unit of time, by what it is.
  const speaksForItself =
    /z\.infer<|\(typeof \w+\)\[number\]|= keyof typeof \w+;|^export const \w+_MS = |: Rule = |: (?:Vault|Key|Set|Disks)Check = |= (?:versionRule|incidentKind|kindOfReasons|scene<\w+>)\(/;

  test('has a sentence above it that says what its type cannot', () => {
    const bare = [...functions, ...shared, ...local].flatMap((file) => {
      const lines = textOf(file).split('\n');
      return lines.flatMap((line, at) =>
        /^export (?:async )?(?:const|function|interface|type|class) /.test(line) &&
        !speaksForItself.test(line) &&
        !(lines[at - 1] ?? '').endsWith('*/')
          ? [`${file}: ${line}`]
          : [],
      );
    });
    expect(bare).toEqual([]);
  });
});

describe('a function', () => {
  const MOST_LINES_OF_CODE = 26;

  test('is imported by the index, one line a file', () => {
    expect(importsOf('functions/index.ts').map(({ from }) => from)).toEqual(functions);
  });

  test('is registered under the name of its file, with a part of its own where there are several', async () => {
    process.env.KEY_GUARDIAN_AUDIT_REGIONS = 'westeurope, northeurope';
    installFunctionsCore();
    const name = z.looseObject({ name: z.string() });
    for (const file of functions) {
      const registered = await collect(() => import(/* @vite-ignore */ `../${file}`));
      const names = registered.map(({ metadata }) => name.parse(metadata).name);
      expect(names.length, file).toBeGreaterThan(0);
      const own = nameOf(file);
      expect(
        names.filter((one) => (names.length === 1 && one === own) || one.startsWith(`${own}-`)),
        file,
      ).toEqual(names);
    }
  });

  test.each(functions)('%s only registers, parses and hands over', (file) => {
    const code = textOf(file)
      .split('\n')
      .filter((line) => !/^\s*($|import |\/\/|\/\*\*|\*)/.test(line));
    expect(code.length).toBeLessThanOrEqual(MOST_LINES_OF_CODE);
  });

  test('knows of Azure only what wakes it', () => {
    expect(importsWhere(functions, (from) => from.startsWith('@azure/') && from !== '@azure/functions')).toEqual([]);
  });
});

describe('a figure of the bench', () => {
  test('is measured by a file that is a line of the registry', () => {
    const measuring = sourcesIn('test/bench').filter((file) => textOf(file).includes(': Measurement ='));
    expect(
      importsOf('test/bench/registry.ts')
        .map(({ from }) => from)
        .filter((from) => from !== 'test/bench/figure.ts')
        .toSorted(),
    ).toEqual(measuring);
  });
});

describe('a sense', () => {
  test.each(sourcesIn('shared/senses').filter((file) => textOf(file).includes('): Sensed {')))(
    '%s has a test of its name',
    (file) => expect(sourcesIn('test/shared/senses')).toContain(`test/${file.replace('.ts', '.test.ts')}`),
  );
});

/** The folders of `shared/`, as the story goes; those of one line know nothing of each other. */
const storeys: readonly (readonly string[])[] = [
  ['people'],
  ['senses'],
  ['guard'],
  ['rotation', 'propagation'],
  ['approvals'],
  ['posture'],
  ['estate'],
  ['incidents'],
  ['alerts'],
  ['trail'],
  ['register'],
  ['azure'],
  ['domain'],
];
/** The folder of `shared/` that a file is in; `undefined` for one that lies in `shared/` itself, or outside. */
const roomOf = (file: string): string | undefined => /^shared\/([^/]+)\//.exec(file)?.[1];
const storeyOf = (room: string): number => storeys.findIndex((rooms) => rooms.includes(room));

describe('imports point one way', () => {
  test('every folder of shared has its place in the story', () => {
    const rooms = new Set(shared.map(roomOf).filter((room) => room !== undefined));
    expect([...rooms].filter((room) => storeyOf(room) === -1)).toEqual([]);
  });

  test('the folders of shared import downwards, types among it', () => {
    const upwards = importsWhere(shared, (from, file) => {
      const [importer, imported] = [roomOf(file), roomOf(from)];
      if (importer === undefined || imported === undefined || importer === imported) return false;
      return storeyOf(imported) <= storeyOf(importer);
    });
    expect(upwards).toEqual([]);
  });

  test('what lies in shared itself and is known everywhere knows no folder but the words', () => {
    const known = ['shared/errors.ts', 'shared/storage.ts', 'shared/in-turns.ts', 'shared/config.ts'];
    expect(importsWhere(known, (from) => (roomOf(from) ?? 'domain') !== 'domain')).toEqual([]);
  });

  test('the engine knows no keys: its registry alone names who guards what', () => {
    const engine = shared.filter((file) => /^shared\/guard\/[^/]+$/.test(file) && file !== 'shared/guard/registry.ts');
    expect(engine).toContain('shared/guard/inspect.ts');
    expect(importsWhere(engine, (from) => from.startsWith('shared/guard/keys/'))).toEqual([]);
  });

  test('what runs on your own machine is imported by no part of the app', () => {
    expect(importsWhere([...functions, ...shared], (from) => /^(local|test)\//.test(from))).toEqual([]);
  });

  test('functions are imported by nothing of what they wake', () => {
    expect(importsWhere(shared, (from) => from.startsWith('functions/'))).toEqual([]);
  });

  test('the words know nothing but each other', () => {
    const words = sourcesIn('shared/domain');
    expect(importsWhere(words, (from) => !isComputing(from) && !from.startsWith('shared/domain/'))).toEqual([]);
  });

  test('the vendor is known only to what wakes us, to the adapters and to the local Azure', () => {
    const others = shared.filter((file) => !file.startsWith('shared/azure/'));
    expect(importsWhere(others, (from) => from.startsWith('@azure/'))).toEqual([]);
  });

  test('the adapters are known only to what composes them', () => {
    const others = [...functions, ...shared].filter(
      (file) => !file.startsWith('shared/azure/') && file !== 'shared/compose.ts',
    );
    expect(importsWhere(others, (from) => from.startsWith('shared/azure/'))).toEqual([]);
  });

  test('the environment is read in one place', () => {
    const readers = [...functions, ...shared, ...sourcesIn('local/cli')].filter((file) =>
      textOf(file).includes('process.env'),
    );
    expect(readers).toEqual(['shared/config.ts']);
  });

  test('no file needs itself, however far around', () => {
    const around = [...functions, ...shared, ...local].filter((file) =>
      importsOf(file).some(
        ({ from, isOurs, isTypeOnly }) => isOurs && !isTypeOnly && from.endsWith('.ts') && loadedBy(from).has(file),
      ),
    );
    expect(around).toEqual([]);
  });
});

describe('a decision is pure', () => {
  /** What of the guard reads, writes and alerts; all else of it decides. */
  const acting = [
    'act',
    'claim',
    'inspect',
    'registry',
    'keys/follow-up',
    'keys/guard',
    'keys/incidents',
    'keys/not-observed',
    'keys/own-acts',
    'keys/restore',
    'keys/rotation',
    'keys/save',
    'keys/snapshot',
    'sets/guard',
  ].map((name) => `shared/guard/${name}.ts`);
  const pure = [
    ...sourcesIn('shared/domain'),
    ...sourcesIn('shared/guard').filter((file) => !acting.includes(file)),
    ...sourcesIn('shared/incidents/kinds'),
    // The reader of Resource Graph's answers waits for pages.
    ...sourcesIn('shared/estate').filter((file) => file !== 'shared/estate/graph.ts'),
    ...sourcesIn('shared/posture'),
    ...sourcesIn('shared/rotation'),
    'shared/propagation/update.ts',
    'shared/propagation/verdict.ts',
    'shared/incidents/draft.ts',
    'shared/alerts/recipients.ts',
    'shared/alerts/text.ts',
    'shared/register/changes.ts',
    'shared/approvals/proposal.ts',
    'shared/senses/sweep/compare.ts',
    'shared/senses/sweep/plan.ts',
  ];

  test('no file that acts is named for nothing', () => {
    expect(sourcesIn('shared/guard')).toEqual(expect.arrayContaining(acting));
  });

  test('it imports no package but the one for schemas', () => {
    expect(importsWhere(pure, (from, _file, isOurs) => !isOurs && !isComputing(from))).toEqual([]);
  });

  test.each(pure)('%s loads nothing that reaches outside, however far away', (file) => {
    const packages = [...loadedBy(file)].filter((one) => !one.endsWith('.ts'));
    expect(packages.filter((one) => !isComputing(one))).toEqual([]);
  });

  test('it is given the time and everything else: no clock, no chance, no waiting', () => {
    const given = pure.filter((file) =>
      /\bDate\.now\(|\bnew Date\(\)|Math\.random|randomUUID|\bprocess\.|\basync\b|\bawait\b/.test(textOf(file)),
    );
    expect(given).toEqual([]);
  });
});

describe('the tree of test/', () => {
  test.each(['functions', 'shared', 'local'])('is the tree of %s', (top) => {
    const code = foldersIn(top);
    expect(foldersIn(`test/${top}`).filter((folder) => !code.includes(folder.slice('test/'.length)))).toEqual([]);
  });
});
