import type { SurveyorMessage } from '../../domain/survey.ts';
import type { Ports } from '../../ports.ts';
import { takeSets } from '../../propagation/read-sets.ts';
import { survey } from './survey.ts';

/** Takes a message of the queue `surveys`. Throws as `survey` and `takeSets` do. */
export const takeAsked = (message: SurveyorMessage, ports: Ports): Promise<void> =>
  'kind' in message ? takeSets(message, ports) : survey(message, ports);
