import { UnexpectedAnswer } from './person.ts';
import type { Stage } from './stage.ts';

/** What playing a fact showed. `observed` and `because` name statuses, codes, counts and seconds only: the report is published. */
export type Verdict =
  | { readonly kind: 'held' | 'did-not-hold'; readonly observed: string }
  | { readonly kind: 'unclear' | 'not-played'; readonly because: string };

/** A fact about Key Vault, as the report has it. */
export interface FactText {
  /** Unique among all scenes. */
  readonly id: string;
  /** What the project believes, in one sentence. */
  readonly claim: string;
  /** What of the guardian rests on it, as the end of the sentence "It matters to …". */
  readonly matters: string;
  /** The published page or thread that says it; `undefined` where none does. */
  readonly source?: string;
}

/** A fact with how it is judged: a pure function of what its scene observed. */
export interface Fact<Observed> extends FactText {
  readonly judge: (observed: Observed) => Verdict;
}

/** A fact with its verdict. */
export interface Judged extends FactText {
  readonly verdict: Verdict;
}

/** What a run has that another may not have. */
export interface Run {
  readonly paging: boolean;
  /** Whether there is an identity of the guardian's own. */
  readonly hasGuardian: boolean;
}

/** A play on keys of its own, and the facts that it shows. */
export interface Scene {
  /** What is done, as a line of the plan. */
  readonly says: string;
  readonly facts: readonly FactText[];
  /** Why it is not played in a run; `undefined` where it is. */
  readonly leftOut: (run: Run) => string | undefined;
  /** Plays it and judges every fact. Where the vault answers otherwise than any fact expects, no fact can be judged. */
  play(stage: Stage): Promise<readonly Judged[]>;
}

/** A scene of what it does and what is judged of that. */
export function scene<Observed>(parts: {
  readonly says: string;
  readonly facts: readonly Fact<Observed>[];
  /** Default: it is played in every run. */
  readonly leftOut?: Scene['leftOut'];
  readonly play: (stage: Stage) => Promise<Observed>;
}): Scene {
  const { says, facts, leftOut = () => undefined } = parts;
  return {
    says,
    facts,
    leftOut,
    async play(stage) {
      const why = leftOut({ paging: stage.paging, hasGuardian: stage.guardian !== undefined });
      if (why !== undefined) return judgedAlike(facts, { kind: 'not-played', because: why });
      try {
        const observed = await parts.play(stage);
        return facts.map((fact) => ({ ...textOf(fact), verdict: fact.judge(observed) }));
      } catch (error) {
        if (!(error instanceof UnexpectedAnswer)) throw error;
        return judgedAlike(facts, { kind: 'unclear', because: error.message });
      }
    },
  };
}

/** The same verdict for all of these facts. */
export const judgedAlike = (facts: readonly FactText[], verdict: Verdict): readonly Judged[] =>
  facts.map((fact) => ({ ...textOf(fact), verdict }));

const textOf = ({ id, claim, matters, source }: FactText): FactText => ({
  id,
  claim,
  matters,
  ...(source === undefined ? {} : { source }),
});

/** `held` or `did-not-hold`. @param observed what was observed, in a few words */
export const verdict = (isHeld: boolean, observed: string): Verdict => ({
  kind: isHeld ? 'held' : 'did-not-hold',
  observed,
});

/** @param because why nothing can be said */
export const unclear = (because: string): Verdict => ({ kind: 'unclear', because });

/** @param because why it was not played */
export const notPlayed = (because: string): Verdict => ({ kind: 'not-played', because });
