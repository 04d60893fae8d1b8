import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpath, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../shared/alerts/error-code.ts';

/**
 * Locks a folder for this process, whether it is there yet or not; `undefined` where another process has it. The lock is a
 * local socket, which two cannot listen on: it goes with its process, however that ends, and nothing is left that could
 * keep a later one out.
 *
 * @param platform as `process.platform`
 * @returns what unlocks it
 */
export async function lockFolder(
  folder: string,
  platform: NodeJS.Platform = process.platform,
): Promise<(() => Promise<void>) | undefined> {
  const { address, isFile } = addressOf(await wholePath(folder), platform);
  let isTakenOver = false;
  for (;;) {
    const server = await listening(address);
    if (server !== undefined) return isTakenOver && !(await isStillThere(address)) ? undefined : () => closed(server);
    if (!isFile || (await answers(address))) return undefined;
    // Its process was killed: the file stayed, and nobody listens there.
    await rm(address, { force: true });
    isTakenOver = true;
  }
}

/** Where the socket of a folder is. Linux and Windows have names for sockets that are no files; elsewhere it is a file. */
function addressOf(folder: string, platform: NodeJS.Platform): { readonly address: string; readonly isFile: boolean } {
  const name = `key-guardian-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  if (platform === 'linux') return { address: `\0${name}`, isFile: false };
  if (platform === 'win32') return { address: `\\\\.\\pipe\\${name}`, isFile: false };
  return { address: join(tmpdir(), `${name}.sock`), isFile: true };
}

/** The one path of a folder, however it was written and whatever of it is there. */
async function wholePath(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    const path = resolve(folder);
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    return join(await wholePath(dirname(path)), basename(path));
  }
}

/** `undefined` where another one listens, or did. */
async function listening(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  try {
    await once(server.listen(address), 'listening');
    return server;
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
}

async function answers(address: string): Promise<boolean> {
  const socket = connect(address);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Longer than another one takes between finding nobody there and removing the file. */
const REMOVED_WITHIN_MS = 300;

/** Two that find the same file of one that was killed may both remove it, the second the first one's: then the second has it. */
async function isStillThere(address: string): Promise<boolean> {
  const inode = async (): Promise<number | undefined> => (await stat(address).catch(() => undefined))?.ino;
  const ours = await inode();
  await delay(REMOVED_WITHIN_MS);
  return ours !== undefined && (await inode()) === ours;
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
