import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { program } from '@commander-js/extra-typings';
import { UnreadableEvidence } from './errors.ts';
import { readPublishedShapes } from './published-shapes.ts';
import { readExchanges } from './recordings.ts';
import { replayAll } from './replay.ts';
import { replayLines, reportOf } from './report.ts';
import { runTests } from './run-tests.ts';
import { readNotes } from './tally.ts';

/** Statuses: 0 as published, 1 a difference or a failed test, 2 the evidence is missing or cannot be read. */
async function conformance(folder: string): Promise<number> {
  const schemasFolder = resolve(folder, 'key-vault-schemas');
  const exchanges = await readExchanges(resolve(folder, 'recordings'));
  readPublishedShapes(schemasFolder);
  const replays = await replayAll(exchanges);
  console.log(replayLines(replays).join('\n'));
  const notesFolder = await mkdtemp(join(tmpdir(), 'key-guardian-conformance-'));
  try {
    const testStatus = await runTests(schemasFolder, notesFolder);
    const report = reportOf({ replays, tally: readNotes(notesFolder), testStatus });
    console.log(report.lines.join('\n'));
    return report.status;
  } finally {
    await rm(notesFolder, { recursive: true, force: true });
  }
}

program
  .name('conformance')
  .description(
    'Holds the local Azure to recorded exchanges and published shapes, then runs the tests with every answer checked.',
  )
  .argument('<folder>', 'folder that holds recordings/ and key-vault-schemas/')
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
