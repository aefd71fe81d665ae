import { createClient } from "../client/client.ts";

/** An admin's calls that are about no single project, or about one that may be gone. */
export const organization = createClient({ baseUrl: "", project: null });
