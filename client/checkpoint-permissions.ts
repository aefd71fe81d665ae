import { CheckpointPermission } from "../contract/checkpoint-permissions.ts";
import { deletedOf } from "../contract/common.ts";
import { itemsOf, pageOf } from "./pages.ts";
import type { Transport } from "./transport.ts";

const PermissionPage = pageOf(CheckpointPermission);
const PAGE = 100;
const pathOf = (checkpoint: string) =>
  `/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`;

/** Which projects may use another one's tuned model: for the holder of an admin key. */
export const createCheckpointPermissions = ({ call }: Transport) => ({
  /** Newest first. */
  list: (checkpoint: string) =>
    itemsOf((after) => call(PermissionPage, pathOf(checkpoint), { query: { limit: PAGE, after } })),

  grant: async (checkpoint: string, projectIds: readonly string[]) => {
    const json = { project_ids: projectIds };
    return (await call(PermissionPage, pathOf(checkpoint), { method: "POST", json })).data;
  },

  revoke: (checkpoint: string, id: string) =>
    call(deletedOf("checkpoint.permission"), `${pathOf(checkpoint)}/${encodeURIComponent(id)}`, {
      method: "DELETE",
    }),
});
