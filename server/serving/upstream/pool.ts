import type { UpstreamModel, UpstreamServer } from "../../models/upstreams.ts";
import type { EnginePool } from "../pool.ts";
import { createUpstreamEngine } from "./upstream-engine.ts";
import { connect, type UpstreamConnection } from "./upstream-http.ts";

/** Makes pools of models that other servers answer for; those of one server share its connections. */
export function createUpstreamPools(): (model: UpstreamModel) => EnginePool {
  const connections = new Map<UpstreamServer, UpstreamConnection>();

  function connectionTo(server: UpstreamServer): UpstreamConnection {
    const connection = connections.get(server) ?? connect(server);
    connections.set(server, connection);
    return connection;
  }

  /** Nothing to start, and no adapters of ours on it. */
  return (model) => {
    const http = connectionTo(model.server);
    const engine = createUpstreamEngine(model, http);
    return {
      engine(adapterId) {
        if (adapterId !== null) throw new Error(`${model.id} answers elsewhere: it takes no adapter.`);
        return engine;
      },
      oneModel: false,
      places: model.server.concurrency,
      isReady: () => true,
      whenReady: async () => {},
      forget: async () => {},
      processes: async () => [],
      [Symbol.asyncDispose]: http.close,
    };
  };
}
