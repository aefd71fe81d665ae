export type Path = readonly (string | number)[];
export type Schema = Readonly<Record<string, unknown>>;
/** A schema and its place in the document. */
export type At = { readonly schema: Schema; readonly path: Path };

/** What is wrong with a schema, and where in it. */
export class SchemaError extends Error {
  readonly path: Path;

  constructor(path: Path, why: string) {
    super(why);
    this.name = "SchemaError";
    this.path = path;
  }
}
