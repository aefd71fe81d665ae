import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { Hono } from "hono";
import { type AppContext, type AppEnv, notFound } from "../platform/http.ts";
import type { BuiltFile, BuiltPages } from "./built-pages.ts";
import type { AssertHost } from "./hosts.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join("; ");

const guards = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** What a browser is told where nothing is built. */
const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Perennial</title>
<h1>Perennial</h1><p>The dashboard is not built on this machine. Run <code>npm run setup</code>, then load this page again.
<p><a href="/deprecations">What ends when</a></html>
`;

const encodings = [
  { name: "br", ending: ".br" },
  { name: "gzip", ending: ".gz" },
] as const;

/** Whether the header names the coding and does not refuse it by a weight of 0. */
const takes = (header: string, coding: string): boolean =>
  header.split(",").some((one) => {
    const [name = "", ...more] = one.split(";").map((part) => part.trim().toLowerCase());
    return name === coding && !more.some((part) => /^q=0(\.0*)?$/.test(part));
  });

type Found = { readonly file: BuiltFile; readonly encoding: string | null };

/** The smallest form that set-up made and the browser takes. */
function formOf(c: AppContext, files: ReadonlyMap<string, BuiltFile>, path: string): Found | null {
  const accepted = c.req.header("accept-encoding") ?? "";
  for (const { name, ending } of encodings) {
    const file = takes(accepted, name) ? files.get(path + ending) : undefined;
    if (file) return { file, encoding: name };
  }
  const file = files.get(path);
  return file ? { file, encoding: null } : null;
}

const isKnown = (c: AppContext, tag: string): boolean =>
  (c.req.header("if-none-match") ?? "").split(",").some((one) => one.trim().replace(/^W\//, "") === tag);

async function send(c: AppContext, path: string, { file, encoding }: Found): Promise<Response> {
  const tag = `"${file.tag}${encoding ? `-${encoding}` : ""}"`;
  // The build names what lies in /assets by its content.
  const cache = path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
  const about = { ...guards, etag: tag, "cache-control": cache, vary: "accept-encoding" };
  if (isKnown(c, tag)) return c.body(null, 304, about);
  const bytes = await readFile(file.path).catch(() => null);
  // A build is taking its place.
  if (bytes === null) return notFound(c);
  const type = types[extname(path)] ?? "application/octet-stream";
  const coding: Record<string, string> = encoding ? { "content-encoding": encoding } : {};
  return c.body(bytes, 200, { ...about, "content-type": type, ...coding });
}

const isForPrograms = (path: string) => /^\/(v1|dashboard)(\/|$)/.test(path);

/** What a person opens; a script or picture that is missing must not come as a page. */
const isPage = (c: AppContext): boolean =>
  c.req.path === "/" ||
  (!c.req.path.startsWith("/assets/") && (c.req.header("accept") ?? "").includes("text/html"));

/** The dashboard's files; any other path that a person opens gives its first page, which reads the path itself. */
export function pageRoutes(built: BuiltPages, assertHost: AssertHost) {
  return new Hono<AppEnv>().get("/*", async (c) => {
    const { path } = c.req;
    if (isForPrograms(path)) return notFound(c);
    const files = built();
    const file = /\.(br|gz)$/.test(path) ? null : formOf(c, files, path);
    if (!file && !isPage(c)) return notFound(c);
    assertHost(c);
    if (file) return send(c, path, file);
    const first = formOf(c, files, "/index.html");
    if (first) return send(c, "/index.html", first);
    return c.html(NOT_BUILT, 200, { ...guards, "cache-control": "no-store" });
  });
}
