/** Set-up cannot go on: the message is one sentence that says what to do, the log is what the tool said. */
export class SetupProblem extends Error {
  override readonly name = "SetupProblem";
  readonly log: readonly string[];

  constructor(message: string, log: readonly string[] = []) {
    super(message);
    this.log = log;
  }
}
