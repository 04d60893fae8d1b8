import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { workspaceOf } from '../../../shared/azure/log-analytics.ts';
import { currentOutside } from '../../../shared/azure/outside.ts';
import { type StorageSettings, storageClients } from '../../../shared/azure/storage-clients.ts';
import { trailBlobs } from '../../../shared/azure/trail-blobs.ts';
import { escaped } from '../../../shared/domain/escaped.ts';
import type { Anchor } from '../../../shared/domain/seal.ts';
import { MINUTE_MS, utc } from '../../../shared/domain/time.ts';
import type { Workspace } from '../../../shared/domain/workspace.ts';
import { NotAllowed } from '../../../shared/errors.ts';
import type { TrailSource } from '../../../shared/trail/source.ts';
import { FAULTS, type Fault, type Verification, verifyTrail } from '../../../shared/trail/verify.ts';
import { QUERY_HOST } from '../../azure/monitor/monitor.ts';
import { findLocalAzure, outsideService, TRAIL_FILE } from '../../outside-client.ts';
import { trailFolder } from '../../trail-folder.ts';
import type { CommandGroup, Shell } from '../command.ts';
import { apiIn, trailIn } from '../context.ts';
import { heldIn } from '../held-trail.ts';
import { parseMoment, parseWorkspace } from '../target.ts';

/** How the command ends, by what it found. An error has status 1. */
const STATUS = { anchored: 0, unanchored: 2, broken: 3 } as const;

/** A query may take so long, in ms: the service itself ends one after three minutes. @see https://learn.microsoft.com/azure/azure-monitor/logs/api/timeouts */
const QUERY_TIMEOUT_MS = 4 * MINUTE_MS;

/** `verify`. */
export const verify: CommandGroup = (program, _run, shell) => {
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
    .option('--workspace <id>', 'compare it with what this workspace holds, by its workspace id', parseWorkspace)
    .option('--since <moment>', 'expect records in the workspace since then', parseMoment)
    .option('--until <moment>', 'compare what was appended before then: when a copy was begun', parseMoment)
    .option('--key <thumbprint...>', 'a key of the guardian, as anchors name it; another key in a seal is then a fault')
    .option('--json', 'print one line of JSON')
    .action(async ({ account, anchor: root, workspace, since, until, key: keys = [], json = false }) => {
      if (workspace === undefined && (since ?? until) !== undefined)
        throw new NotAllowed('--since and --until say what is compared with a workspace: give --workspace as well.');
      if (account !== undefined && program.getOptionValueSource('folder') === 'cli')
        throw new NotAllowed('Give --folder or --account, not both.');
      const place = await placeOf(account, shell.globals());
      const onProgress = (records: number): void => shell.progress(`${records} records read so far`);
      const onRows = (rows: number): void => shell.progress(`${rows} records of the workspace read so far`);
      const asked = { since, until, now: () => new Date(), onProgress: onRows };
      // The workspace first: what it holds, storage had before.
      const held = workspace === undefined ? undefined : await heldIn(await place.workspace(workspace), asked);
      const said = await verifyTrail(place.trail, { root, keys, held, onProgress });
      shell.endWith(STATUS[said.verdict]);
      shell.out(`${json ? JSON.stringify(said) : inWords(said)}\n`);
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

/** Where the trail is read, and a workspace by its id. */
interface Place {
  readonly trail: TrailSource;
  readonly workspace: (id: string) => Promise<Workspace>;
}

/** The place of an account, of the local guardian that wrote into the folder where its trail is, or of a copy there. */
async function placeOf(account: string | undefined, given: ReturnType<Shell['globals']>): Promise<Place> {
  if (account !== undefined) return { trail: blobsAt(account), workspace: yourWorkspace };
  const { folder } = given;
  if (!(await isThere(join(folder, TRAIL_FILE)))) return { trail: await copyIn(folder), workspace: yourWorkspace };
  const trail = blobsOf({ kind: 'connection-string', value: await trailIn(folder) });
  return { trail, workspace: (id) => localWorkspace(id, given) };
}

/** A workspace, under the rights of the person who is signed in here. */
async function yourWorkspace(id: string): Promise<Workspace> {
  const { credential, monitorHttpClient: httpClient } = currentOutside();
  return workspaceOf(id, {
    credential: credential('storage', undefined),
    identity: 'who is signed in here',
    timeoutMs: QUERY_TIMEOUT_MS,
    httpClient,
  });
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** A copy of a trail. */
async function copyIn(folder: string): Promise<TrailSource> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder)
    throw new NotAllowed(`${folder} is no folder: name a copy of the trail with --folder, or its --account.`);
  return trailFolder(folder);
}

/** A workspace of the local Azure of a folder, under a named identity. */
async function localWorkspace(id: string, { folder, as }: ReturnType<Shell['globals']>): Promise<Workspace> {
  const { tokenUrl } = await apiIn(folder);
  const service = await outsideService(QUERY_HOST, await findLocalAzure(folder), tokenUrl, as);
  return workspaceOf(id, { ...service, identity: as });
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
  const left = `${records === sealed ? '' : `; ${records - sealed} records are not sealed yet`}${inWorkspace(said)}`;
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

function inWorkspace({ workspace }: Verification): string {
  if (workspace === undefined) return '';
  const { since, alike, notYet, older } = workspace;
  const awaited = notYet === 0 ? '' : `, ${notYet} may still arrive there`;
  const gone = older === 0 ? '' : `, ${older} from before that are not there`;
  return `; the workspace holds ${alike} records and seals alike, and every one since ${utc(since)}${awaited}${gone}`;
}

const spelled = (anchor: Anchor | undefined): string =>
  anchor === undefined ? 'none' : `seal ${anchor.seal} of ${utc(anchor.sealedAt)}`;

function inFault({ stream, first, last, because, seal }: Fault): string {
  const which = last > first ? `records ${first} to ${last}` : `record ${first}`;
  const bySeal = seal === undefined ? '' : ` (seal ${seal})`;
  return `${escaped(stream)}, ${which}: ${FAULTS[because]}${bySeal}`;
}
