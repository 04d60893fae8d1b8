import { channelRegistry } from '../../../shared/alerts/registry.ts';
import { NotAllowed } from '../../../shared/errors.ts';
import { channelReport } from '../../../shared/people/reports.ts';
import type { CommandGroup } from '../command.ts';
import type { Context } from '../context.ts';

/** `alert test`. */
export const alert: CommandGroup = (program, run) => {
  program
    .command('alert')
    .description('Tests the alert channels.')
    .command('test')
    .description('Has the guardian send a test alert to one channel, and says what the channel answered.')
    .argument('<channel>', `its id: ${Object.keys(channelRegistry).join(', ')}`)
    .action((channel) => run((context) => tested(channel, context))());
};

/** Throws `NotAllowed` where the channel did not accept the alert: then the command fails. */
async function tested(channel: string, { api }: Context): Promise<string> {
  const answer = await api.post(`alerts/${encodeURIComponent(channel)}/test`, {}, channelReport);
  switch (answer.kind) {
    case 'accepted':
      return `Channel ${channel} accepted the test alert, and the one that resolves it follows. That does not prove that people have it: check that it has arrived.`;
    case 'refused':
      throw new NotAllowed(`Channel ${channel} did not accept the test alert: ${answer.because}.`);
    case 'not-configured':
      throw new NotAllowed(
        `Channel ${channel} has no settings that the guardian can use. The test alert went to the channels that have.`,
      );
    case 'no-answer':
      throw new NotAllowed(
        `The guardian has recorded no answer of ${channel} within a minute: see whether the function alert runs.`,
      );
    default:
      return answer satisfies never;
  }
}
