import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { currentOutside } from '../../../shared/azure/outside.ts';
import { type StorageSettings, storageClients } from '../../../shared/azure/storage-clients.ts';
import { trailBlobs } from '../../../shared/azure/trail-blobs.ts';
import type { Anchor } from '../../../shared/domain/seal.ts';
import { utc } from '../../../shared/domain/time.ts';
import { NotAllowed } from '../../../shared/errors.ts';
import type { TrailSource } from '../../../shared/trail/source.ts';
import { FAULTS, type Fault, type Verification, verifyTrail } from '../../../shared/trail/verify.ts';
import { localFolder } from '../../guardian-folder.ts';
import { trailFolder } from '../../trail-folder.ts';
import type { CommandGroup } from '../command.ts';
import { TRAIL_FILE, trailIn } from '../context.ts';

/** How the command ends, by what it found. An error has status 1. */
const STATUS = { anchored: 0, unanchored: 2, broken: 3 } as const;

/** `verify`. */
export const verify: CommandGroup = (program, _run, { out, err, end }) => {
  program
    .command('verify')
    .description(
      'Recomputes the whole trail: records, seals and signatures. Status 0: whole and anchored; 2: whole, but unanchored; 3: broken.',
    )
    // The program's own option of this name takes the value.
    .option('--folder <folder>', 'a copy of the container of the trail, or the folder of a local guardian')
    .option(
      '--account <account>',
      'the storage account of the trail, by its name or the address of its blobs',
      accountAddress,
    )
    .option('--anchor <root>', 'the root of an anchor that was kept outside', parseRoot)
    .option('--key <thumbprint...>', 'a key of the guardian, as anchors name it; another key in a seal is then a fault')
    .option('--json', 'print one line of JSON')
    .action(async ({ account, anchor: root, key: keys = [], json = false }) => {
      const folder = program.getOptionValueSource('folder') === 'cli' ? String(program.opts().folder) : undefined;
      if (account !== undefined && folder !== undefined) throw new NotAllowed('Give --folder or --account, not both.');
      const source = account === undefined ? await sourceIn(folder ?? localFolder()) : blobsAt(account);
      const onProgress = (records: number): void => err(`${records} records read so far\n`);
      const said = await verifyTrail(source, { root, keys, onProgress });
      out(`${json ? JSON.stringify(said) : inWords(said)}\n`);
      end(STATUS[said.verdict]);
    });
};

function accountAddress(text: string): string {
  if (/^[a-z0-9]{3,24}$/.test(text)) return `https://${text}.blob.core.windows.net`;
  if (/^https:\/\/[^/]+\/?$/.test(text)) return text;
  throw new InvalidArgumentError('Give the name of a storage account, or the https address of its blobs.');
}

function parseRoot(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('A root has 64 hexadecimal digits.');
}

/** The trail of a local guardian where it wrote into the folder where that is; a copy of a trail otherwise. */
async function sourceIn(folder: string): Promise<TrailSource> {
  const isLocal = await access(join(folder, TRAIL_FILE)).then(
    () => true,
    () => false,
  );
  if (isLocal) {
    const { connectionString: value } = await trailIn(folder);
    return blobsOf({ kind: 'connection-string', value });
  }
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder)
    throw new NotAllowed(`${folder} is no folder: name a copy of the trail with --folder, or its --account.`);
  return trailFolder(folder);
}

/** The trail of an account, under the rights of the person who is signed in here. */
function blobsAt(address: string): TrailSource {
  const credential = currentOutside().credential('storage', undefined);
  return blobsOf({ kind: 'identity', tableUri: address, queueUri: address, blobUri: address, credential });
}

const blobsOf = (settings: StorageSettings): TrailSource => trailBlobs(storageClients(settings).container('trail'));

/** What was found, in one line; a line more for each further fault. */
function inWords(said: Verification): string {
  const { records, streams, seals, sealed, anchored, anchor, newest, faults } = said;
  const counted = `${records} records of ${streams} streams, ${seals} seals`;
  const left = records === sealed ? '' : `; ${records - sealed} records are not sealed yet`;
  switch (said.verdict) {
    case 'anchored': {
      const beyond = sealed === anchored ? '' : `; ${sealed - anchored} records were sealed after it`;
      return `All is well: ${counted}; anchored by ${spelled(anchor)}${beyond}${left}.`;
    }
    case 'unanchored':
      return newest === undefined
        ? `Unanchored: ${counted}. The records are linked, and no seal says how many there were.`
        : `Unanchored: ${counted}, whole by themselves${left}. Whoever has the guardian's key could have made all of them: compare the root ${newest.root} of ${spelled(newest)}, by the key ${newest.key}, or give --anchor.`;
    case 'broken':
      return faults.map((fault) => `Broken: ${inFault(fault)}.`).join('\n');
    default:
      return said.verdict satisfies never;
  }
}

const spelled = (anchor: Anchor | undefined): string =>
  anchor === undefined ? 'none' : `seal ${anchor.seal} of ${utc(anchor.sealedAt)}`;

function inFault({ stream, first, last, because, seal }: Fault): string {
  const which = last > first ? `records ${first} to ${last}` : `record ${first}`;
  const bySeal = seal === undefined ? '' : ` (seal ${seal})`;
  return `${stream}, ${which}: ${FAULTS[because]}${bySeal}`;
}
