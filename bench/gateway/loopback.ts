/** Portkey's gateway takes a port and no address, and would listen on all of the machine's: loaded before it. */
import { Server } from "node:net";

const listen = Server.prototype.listen;
Server.prototype.listen = function (this: Server, ...asked: unknown[]) {
  const [port, host, ...rest] = asked;
  return Reflect.apply(listen, this, [port, typeof host === "string" ? host : "127.0.0.1", ...rest]);
};
