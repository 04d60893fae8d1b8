/** A file of the outside evidence is missing or has another form than its README says. Lasting: nothing can be checked without it. */
export class UnreadableEvidence extends Error {
  override readonly name = 'UnreadableEvidence';
  readonly path: string;
  constructor(path: string, cause: unknown) {
    super(`The evidence cannot be read: ${path} (${cause instanceof Error ? cause.message : String(cause)}).`, {
      cause,
    });
    this.path = path;
  }
}
