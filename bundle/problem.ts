/** What is given is no whole bundle; the message says what is wrong and can be shown to whoever gave it. */
export class BundleProblem extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BundleProblem";
  }
}
