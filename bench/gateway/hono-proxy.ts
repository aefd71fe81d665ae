/** The yardstick, a process of its own: what a proxy of a few lines costs on Hono and Node's fetch. */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { proxy } from "hono/proxy";
import { tellUrl } from "./listening.ts";

const upstream = process.argv[2];
const app = new Hono();
app.post("/v1/chat/completions", (c) =>
  proxy(`${upstream}/v1/chat/completions`, { ...c.req, headers: { ...c.req.header(), host: undefined } }),
);
const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => tellUrl(server.address()));
