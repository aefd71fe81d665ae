import { OrganizationObject } from "../contract/keys.ts";
import { itemsOf, pageOf } from "./pages.ts";
import type { Transport } from "./transport.ts";

const ORGANIZATIONS = "/perennial/organizations";
const OrganizationPage = pageOf(OrganizationObject);
const PAGE = 100;

/** The organizations of an installation: for its operator's admin key. */
export const createOrganizations = ({ call }: Transport) => ({
  list: () => itemsOf((after) => call(OrganizationPage, ORGANIZATIONS, { query: { limit: PAGE, after } })),

  /** The answer is the only one that ever holds the organization's first admin key. */
  create: (name: string) => call(OrganizationObject, ORGANIZATIONS, { method: "POST", json: { name } }),
});
