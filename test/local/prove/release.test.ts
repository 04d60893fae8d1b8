import { expect, it } from 'vitest';
import { release } from '../../../local/prove/release.ts';
import about from '../../../package.json' with { type: 'json' };

it('the release of a report is the version of package.json and the commit, if git knows it', async () => {
  const { version, commit } = await release();
  expect(version).toBe(about.version);
  expect(commit ?? '0'.repeat(40)).toMatch(/^[0-9a-f]{40}(-dirty)?$/);
});
