import { setTimeout as wait } from 'node:timers/promises';
import { channelRegistry } from '../../../shared/alerts/registry.ts';
import { SECOND_MS } from '../../../shared/domain/time.ts';
import { NotAllowed } from '../../../shared/errors.ts';
import { testChannel } from '../../../shared/incidents/channel-test.ts';
import type { CommandGroup } from '../command.ts';
import type { Context } from '../context.ts';

const PAUSE_MS = SECOND_MS / 2;
const MOST_PAUSES = 120;

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
async function tested(channel: string, { ports, who }: Context): Promise<string> {
  if (channelRegistry[channel] === undefined)
    throw new NotAllowed(`There is no channel ${channel}. There are: ${Object.keys(channelRegistry).join(', ')}.`);
  const answer = await testChannel(channel, who, ports, () => wait(PAUSE_MS), MOST_PAUSES);
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
        `The guardian has recorded no answer of ${channel} within ${(PAUSE_MS * MOST_PAUSES) / SECOND_MS} s: see whether the function alert runs.`,
      );
    default:
      return answer satisfies never;
  }
}
