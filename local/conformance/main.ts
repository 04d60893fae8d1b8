import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { program } from '@commander-js/extra-typings';
import { queryFiles } from '../query-texts.ts';
import { UnreadableEvidence } from './errors.ts';
import { unpublishedPaths } from './graph/query-paths.ts';
import { managementRules } from './management/answer-rules.ts';
import { readPublishedShapes } from './published-shapes.ts';
import { type Exchange, readExchanges } from './recordings.ts';
import { replayAll } from './replay.ts';
import { replayLines, reportOf } from './report.ts';
import { runTests } from './run-tests.ts';
import { readNotes } from './tally.ts';

/** Folders whose calls are played in the order in which they were made, where they are there. */
const IN_SEQUENCE = ['sequences', 'recordings-estate/keys'];

/** Folders of exchanges with Resource Manager and Resource Graph beside those in `recordings`, where they are there. */
const ESTATE = ['des', 'compute', 'vaults', 'authorization', 'arm', 'resource-graph'].map(
  (name) => `recordings-estate/${name}`,
);

/** Statuses: 0 as published, 1 a difference or a failed test, 2 the evidence is missing or cannot be read. */
async function conformance(folder: string): Promise<number> {
  const schemasFolder = resolve(folder, 'key-vault-schemas');
  const exchanges = [...(await readExchanges(resolve(folder, 'recordings')))];
  readPublishedShapes(schemasFolder);
  const found = (name: string): string | undefined => {
    if (existsSync(resolve(folder, name))) return resolve(folder, name);
    console.log(`left out    ${name}: it is not there`);
    return undefined;
  };
  const readFound = async (names: readonly string[]): Promise<readonly Exchange[]> =>
    (await Promise.all(names.flatMap((name) => found(name) ?? []).map(readExchanges))).flat();
  exchanges.push(...(await readFound(ESTATE)));
  const armSchemasFolder = found('arm-schemas');
  if (armSchemasFolder !== undefined) managementRules(armSchemasFolder);
  const replays = await replayAll(exchanges, await readFound(IN_SEQUENCE));
  console.log(replayLines(replays).join('\n'));
  const queries = queryFiles().map(([name, text]) => ({ name, text }));
  const notPublished = armSchemasFolder === undefined ? [] : unpublishedPaths(queries, armSchemasFolder);
  const notesFolder = await mkdtemp(join(tmpdir(), 'key-guardian-conformance-'));
  try {
    const testStatus = await runTests(schemasFolder, notesFolder, armSchemasFolder);
    const report = reportOf({
      ...{ replays, testStatus },
      unpublishedPaths: notPublished,
      tally: readNotes(notesFolder),
    });
    console.log(report.lines.join('\n'));
    return report.status;
  } finally {
    await rm(notesFolder, { recursive: true, force: true });
  }
}

program
  .name('conformance')
  .description(
    'Holds the local Azure to recorded exchanges and sequences of them, and queries to published shapes, then runs the tests with every answer held to those.',
  )
  .argument(
    '<folder>',
    'folder that holds recordings/ and key-vault-schemas/, and may hold arm-schemas/, sequences/ and recordings-estate/',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (folder) => {
    try {
      process.exitCode = await conformance(folder);
    } catch (error) {
      if (!(error instanceof UnreadableEvidence)) throw error;
      console.error(error.message);
      process.exitCode = 2;
    }
  });

await program.parseAsync();
