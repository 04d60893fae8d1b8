import { duration } from '../../../shared/alerts/text.ts';
import { escaped } from '../../../shared/domain/escaped.ts';
import type { Verdict } from '../../../shared/domain/propagation.ts';
import { utc } from '../../../shared/domain/time.ts';
import { type RotationReport, rotationReport } from '../../../shared/people/reports.ts';
import type { CommandGroup } from '../command.ts';
import type { Context } from '../context.ts';

/** `rotation status`. */
export const rotation: CommandGroup = (program, run) => {
  const group = program.command('rotation').description('Shows rotations and what follows them.');
  group
    .command('status')
    .description(
      'Shows when each guarded key was last rotated and is due again, and whether each disk encryption set on it follows.',
    )
    .argument('[vault]', 'only the keys of this vault')
    .option('--json', 'print JSON instead of text')
    .action((vault, { json }) => run((context) => shown(vault, json === true, context))());
};

async function shown(vault: string | undefined, asJson: boolean, { api }: Context): Promise<string> {
  const query = vault === undefined ? '' : `?${new URLSearchParams({ vault })}`;
  const report = await api.get(`rotations${query}`, rotationReport);
  if (asJson) return JSON.stringify(report, undefined, 2);
  const { at, keys, unreadable } = report;
  const lines = keys.flatMap((key) => [keyLine(key, at), ...key.sets.map((set) => setLine(set, key, at))]);
  return [...(lines.length === 0 ? ['No guarded key is known yet.'] : lines), ...unreadable].join('\n');
}

type Key = RotationReport['keys'][number];

function keyLine({ vault, key, version, rotatedAt, schedule, due, policyLacks }: Key, now: Date): string {
  if (version === undefined || rotatedAt === undefined) return `${vault}/${key}  not observed yet`;
  const made = `version ${version}, made ${duration(now.getTime() - rotatedAt.getTime())} ago, ${utc(rotatedAt)}`;
  const next =
    schedule === undefined || due === undefined
      ? ''
      : `; every ${schedule.every}, ${due.state.replace('-', ' ')}: next by ${utc(due.at)}`;
  return `${vault}/${key}  ${made}${next}${policyLacks === undefined ? '' : `; ${policyLacks}`}`;
}

function setLine({ name, watch }: Key['sets'][number], { version }: Key, now: Date): string {
  const set = `  ${escaped(name)}  `;
  if (watch === undefined) return `${set}no rotation was watched yet`;
  const of = watch.version === version ? '' : ` of version ${watch.version}`;
  const next =
    watch.nextReadAt === undefined
      ? ''
      : `, read again in ${duration(Math.max(0, watch.nextReadAt.getTime() - now.getTime()))}`;
  return `${set}${verdictText(watch.verdict)}${of}, since minute ${watch.minute}${next}`;
}

/** A verdict in words, its kind first. */
function verdictText(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'followed':
      return verdict.records === 'none' ? 'followed (no audit events to prove it)' : 'followed';
    case 'late':
      return `late: ${verdict.shows}`;
    case 'stuck':
      return `stuck: ${escaped(verdict.code)}`;
    case 'not-rotating':
      return verdict.isConfidential ? 'not-rotating: it is for confidential machines' : 'not-rotating: its flag is off';
    case 'reverted':
      return `reverted to version ${verdict.to}`;
    case 'moved':
      return `moved to ${verdict.to}`;
    case 'unreachable':
      return `unreachable: ${verdict.because}`;
    case 'waiting':
    case 're-wrapping':
    case 'proven':
    case 'nothing-to-re-wrap':
    case 'gone':
      return verdict.kind;
    default:
      return verdict satisfies never;
  }
}
