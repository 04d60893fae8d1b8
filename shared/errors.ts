/** Storage did not answer, or refused for a reason of its own. Passing: the platform delivers again. */
export class StorageUnreachable extends Error {
  override readonly name = 'StorageUnreachable';
  readonly doing: string;
  constructor(doing: string, cause: unknown) {
    super(`Storage did not take it: ${doing}.`, { cause });
    this.doing = doing;
  }
}
