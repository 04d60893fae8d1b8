import { randomUUID } from 'node:crypto';
import type { AnswerCheck } from '../azure/answer-check.ts';
import { answerRules } from './answer-rules.ts';
import { readPublishedShapes } from './published-shapes.ts';
import { openNotes } from './tally.ts';

/** A check that holds each answer to the shapes in `schemasFolder` and notes what came of it in `notesFolder`. Answers malformed on purpose are not asked. */
export function noteAnswers(schemasFolder: string, notesFolder: string): AnswerCheck {
  const rules = answerRules(readPublishedShapes(schemasFolder));
  const note = openNotes(notesFolder, `${process.pid}-${randomUUID()}`);
  return (request, response) => {
    if (response.malformedOnPurpose) return;
    note(request, response, rules(request, response));
  };
}
