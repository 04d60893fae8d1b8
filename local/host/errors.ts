/** The app or its settings cannot be run: all the reasons at once. */
export class HostNotStarted extends Error {
  override readonly name = 'HostNotStarted';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`The app cannot be run: ${faults.join(' ')}`);
    this.faults = faults;
  }
}
