import { deletedOf } from "../contract/common.ts";
import { ModelObject } from "../contract/models.ts";
import { pageOf } from "./pages.ts";
import type { Transport } from "./transport.ts";

const ModelPage = pageOf(ModelObject);
const pathOf = (id: string) => `/models/${encodeURIComponent(id)}`;

export const createModels = ({ call }: Transport) => ({
  list: async () => (await call(ModelPage, "/models")).data,
  get: (id: string) => call(ModelObject, pathOf(id)),
  delete: (id: string) => call(deletedOf("model"), pathOf(id), { method: "DELETE" }),
});
