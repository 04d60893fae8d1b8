import type { SurveyorMessage } from '../../domain/survey.ts';
import type { Ports } from '../../ports.ts';
import { takeSets } from '../../propagation/read-sets.ts';
import { readAccess } from '../activity/read-access.ts';
import { survey } from './survey.ts';

/** Takes a message of the queue `surveys`. Throws as `survey`, `takeSets` and `readAccess` do. */
export function takeAsked(message: SurveyorMessage, ports: Ports): Promise<void> {
  if (!('kind' in message)) return survey(message, ports);
  return message.kind === 'read-access' ? readAccess(message, ports) : takeSets(message, ports);
}
