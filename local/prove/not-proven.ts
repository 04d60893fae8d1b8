/** Not every fact held, or the run did not end as it should. `exitStatus`: 3 where a fact did not hold, 1 for any other reason. */
export class NotProven extends Error {
  override readonly name = 'NotProven';
  readonly exitStatus: 1 | 3;
  constructor(exitStatus: 1 | 3, message: string) {
    super(message);
    this.exitStatus = exitStatus;
  }
}
