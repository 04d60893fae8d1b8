import { spell } from '../../../shared/domain/key.ts';
import { utc } from '../../../shared/domain/time.ts';
import { NotAllowed } from '../../../shared/errors.ts';
import { type RotatePreview, restoreReport, rotatePreview } from '../../../shared/people/reports.ts';
import type { CommandGroup } from '../command.ts';
import type { Context } from '../context.ts';
import { carriedOut, lineOf } from '../restore.ts';
import { parseVaultOrKey, type Target } from '../target.ts';

/** `rotate`. */
export const rotate: CommandGroup = (program, run) => {
  program
    .command('rotate')
    .description('Rotates a key under your own rights. The version before it stays as it is.')
    .argument('<vault/key>', 'the key', parseVaultOrKey)
    .option('--yes', 'do it; otherwise it only says what hangs on the key')
    .action((target, { yes = false }) => run((context) => rotateKey(target, yes, context))());
};

async function rotateKey({ vault, key }: Target, isMeant: boolean, context: Context): Promise<string> {
  if (key === undefined) throw new NotAllowed(`Name one key of ${vault}: ${vault}/<key>.`);
  const path = `rotate/${vault}/${key}`;
  const before = await context.api.get(path, rotatePreview);
  const shown = linesOf(spell({ vault, key }), before);
  if (!isMeant) return [...shown, 'Nothing was rotated: repeat this with --yes.'].join('\n');
  const askedAt = performance.now();
  const answer = await context.api.post(path, {}, restoreReport);
  const report =
    answer.kind === 'planned' ? await carriedOut(answer, { vault, key }, context, askedAt, 'rotate') : answer;
  switch (report.kind) {
    case 'busy':
      throw new NotAllowed(`The guardian is at work on ${spell({ vault, key })}: try again.`);
    case 'unreadable':
      throw new NotAllowed(`${spell({ vault, key })} cannot be read: ${report.because}.`);
    case 'ended': {
      const lines = report.ended.map(lineOf);
      const isDone = report.ended.some(({ outcome }) => outcome === 'done');
      if (isDone) return [before.otherExpiry, ...lines].flatMap((line) => line ?? []).join('\n');
      const left = report.left.map(
        ({ summary, because }) => `${summary}${because === undefined ? '' : ` Not rotated: ${because}.`}`,
      );
      throw new NotAllowed([...lines, ...left, `${spell({ vault, key })} was not rotated.`].join('\n'));
    }
    default:
      return report satisfies never;
  }
}

function linesOf(
  name: string,
  { rotatedAt, expiresOn, schedule, due, policyLacks, hangs, otherExpiry }: RotatePreview,
): readonly string[] {
  return [
    `The newest version of ${name} was made on ${utc(rotatedAt)}, and expires on ${utc(expiresOn)}.`,
    schedule === undefined || due === undefined
      ? 'The policy has no rotation schedule for it.'
      : `It is to be rotated every ${schedule.every}, next by ${utc(due.at)}: ${due.state.replace('-', ' ')}.`,
    ...[policyLacks, otherExpiry].flatMap((says) => says ?? []),
    `What hangs on it: ${hangs}.`,
  ];
}
