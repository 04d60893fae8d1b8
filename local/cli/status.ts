import { holdOn } from '../../shared/domain/hold.ts';
import { incident } from '../../shared/domain/incident.ts';
import { spell } from '../../shared/domain/key.ts';
import { readHolds } from '../../shared/register/people.ts';
import { spellHold } from '../../shared/register/say.ts';
import { readBaseline, readSweep } from '../../shared/register/vaults.ts';
import type { Context } from './context.ts';

/** How the guardian stands: each vault's baseline and last pass, holds, open incidents. */
export async function status({ ports }: Context): Promise<string> {
  const now = ports.now();
  const vaults = await Promise.all(
    ports.policy.vaults.map(async ({ name, mode }) => {
      const vault = name.toLowerCase();
      const [baseline, sweep] = await Promise.all([
        readBaseline(ports.tables.vaults, vault),
        readSweep(ports.tables.vaults, vault),
      ]);
      const last = sweep?.state.lastPassAt;
      const seen =
        last === undefined ? 'never swept' : `swept ${Math.round((now.getTime() - last.getTime()) / 1000)} s ago`;
      const failing =
        sweep?.state.failing === undefined
          ? ''
          : `, BLIND since ${sweep.state.failing.since.toISOString()}: ${sweep.state.failing.because}`;
      return `  ${mode.padEnd(5)}  ${vault}  baseline ${baseline?.state ?? 'none'}, ${seen}${failing}`;
    }),
  );
  const holds = (await readHolds(ports)).filter(
    (hold) => holdOn([hold], { vault: hold.vault ?? '', key: hold.key ?? '' }, now) !== undefined,
  );
  const open = (await ports.tables.incidents.list())
    .map((row) => incident.parse(row.data))
    .filter(({ state }) => state === 'open');
  return [
    'Vaults:',
    ...vaults,
    `Holds: ${holds.length === 0 ? 'none' : ''}`,
    ...holds.map((hold) => `  ${hold.id}  stops ${spellHold(hold)} until ${hold.until.toISOString()}: ${hold.why}`),
    `Open incidents: ${open.length === 0 ? 'none' : ''}`,
    ...open.map(
      ({ severity, kind, subject, since, judgement }) =>
        `  ${severity.padEnd(8)}  ${kind}  ${spell(subject)}  since ${since.toISOString()}  ${judgement}`,
    ),
  ].join('\n');
}
