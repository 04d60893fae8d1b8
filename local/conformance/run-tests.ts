import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Runs the test suite once with every answer of the local Azure held to the shapes in `schemasFolder` and, where it is there,
 * `armSchemasFolder`; what came of it is
 * noted in `notesFolder`. The output of the tests passes through. Returns the status they ended with, 1 where a signal
 * ended them.
 */
export async function runTests(
  schemasFolder: string,
  notesFolder: string,
  armSchemasFolder: string | undefined,
): Promise<number> {
  // Its bin is not among its exports, and the shim in node_modules/.bin is another file on Windows.
  const vitest = fileURLToPath(new URL('./vitest.mjs', import.meta.resolve('vitest/package.json')));
  const child = spawn(process.execPath, [vitest, 'run'], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      LOCAL_AZURE_SCHEMAS: schemasFolder,
      LOCAL_AZURE_ANSWERS: notesFolder,
      ...(armSchemasFolder === undefined ? {} : { LOCAL_AZURE_ARM_SCHEMAS: armSchemasFolder }),
    },
  });
  const [status]: unknown[] = await once(child, 'close');
  return typeof status === 'number' ? status : 1;
}
