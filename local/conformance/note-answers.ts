import { randomUUID } from 'node:crypto';
import type { AnswerCheck } from '../azure/answer-check.ts';
import { MANAGEMENT_HOST } from '../azure/resource-manager/handler.ts';
import { answerRules } from './answer-rules.ts';
import { managementRules } from './management/answer-rules.ts';
import { readPublishedShapes } from './published-shapes.ts';
import { openNotes } from './tally.ts';

/**
 * A check that holds each answer of a vault to the shapes in `schemasFolder`, and of Resource Manager to those in
 * `armSchemasFolder`, and notes what came of it in `notesFolder`. Answers malformed on purpose are not asked, nor those of
 * Resource Manager where no folder is named.
 */
export function noteAnswers(schemasFolder: string, notesFolder: string, armSchemasFolder?: string): AnswerCheck {
  const vaultRules = answerRules(readPublishedShapes(schemasFolder));
  const armRules = armSchemasFolder === undefined ? undefined : managementRules(armSchemasFolder);
  const note = openNotes(notesFolder, `${process.pid}-${randomUUID()}`);
  return (request, response) => {
    const rules = new URL(request.url).hostname.toLowerCase() === MANAGEMENT_HOST ? armRules : vaultRules;
    if (response.malformedOnPurpose || rules === undefined) return;
    note(request, response, rules(request, response));
  };
}
