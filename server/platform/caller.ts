import { Refusal } from "../../contract/errors.ts";

/** Who is calling, as the key says. An admin key belongs to no project. */
export type Caller = {
  readonly keyId: string;
  readonly organizationId: string;
  readonly organizationSlug: string;
  /** It runs this server: its admin keys decide for all organizations. */
  readonly isOperator: boolean;
} & (
  | {
      readonly kind: "project";
      readonly projectId: string;
      /** Where an admin acts in the project: may still do what an admin may. */
      readonly isAdmin?: true;
    }
  | { readonly kind: "admin" }
);
export type ProjectCaller = Extract<Caller, { kind: "project" }>;

/** The same caller; an admin key is refused, since every object belongs to a project. */
export function projectCaller(caller: Caller): ProjectCaller {
  if (caller.kind === "project") return caller;
  throw new Refusal("permission_denied", "This call needs a project's API key; you used an admin key.");
}
