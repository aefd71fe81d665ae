/** uv does not read pip's configuration: these are the settings that decide what may be installed from where. */
const uvNames: Readonly<Record<string, { readonly name: string; readonly separator: string }>> = {
  "index-url": { name: "UV_DEFAULT_INDEX", separator: " " },
  "extra-index-url": { name: "UV_INDEX", separator: " " },
  "find-links": { name: "UV_FIND_LINKS", separator: "," },
  "trusted-host": { name: "UV_INSECURE_HOST", separator: " " },
  constraint: { name: "UV_CONSTRAINT", separator: " " },
  "no-index": { name: "UV_NO_INDEX", separator: " " },
  cert: { name: "SSL_CERT_FILE", separator: " " },
  proxy: { name: "ALL_PROXY", separator: " " },
  timeout: { name: "UV_HTTP_TIMEOUT", separator: " " },
};

// As pip does: what is for `install` overrides `global`, the environment overrides both.
const sections = ["global", "install", ":env:"];

/** Reads what `pip config list` prints: `section.key='value'`, the value as Python writes a string. */
export function parsePipSettings(listing: string): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, readonly string[]>();
  for (const section of sections) {
    for (const line of listing.split("\n")) {
      const found = /^([^.]+)\.([\w-]+)=(['"])(.*)\3$/.exec(line.trim());
      if (found?.[1] !== section || !found[2]) continue;
      const key = found[2].replace(/^default-/, "");
      settings.set(key, (found[4] ?? "").split(/\\n|\s/).filter(Boolean));
    }
  }
  return settings;
}

/** What uv must be told so that it installs from where pip would; the user's own uv settings win. */
export function uvSettings(listing: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  // pip takes the best version from any index; uv by default stops at the first that knows the name.
  const settings: NodeJS.ProcessEnv = { UV_INDEX_STRATEGY: "unsafe-best-match" };
  for (const [key, values] of parsePipSettings(listing)) {
    const target = uvNames[key];
    if (target && values.length > 0) settings[target.name] = values.join(target.separator);
  }
  const own = Object.keys(settings).filter((name) => env[name] !== undefined);
  return { ...settings, ...Object.fromEntries(own.map((name) => [name, env[name]])) };
}
