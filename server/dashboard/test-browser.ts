type App = { request(path: string, init?: RequestInit): Response | Promise<Response> };

/** A browser with the dashboard's page open: keeps the cookie, and sends what the page and the browser add. */
export function createBrowser({ app }: { readonly app: App }) {
  let cookie = "";

  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    const own = { "x-perennial-dashboard": "1", "sec-fetch-site": "same-origin", host: "127.0.0.1:4010" };
    const sent = { ...own, ...(cookie === "" ? {} : { cookie }), ...init.headers };
    const headers = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== ""));
    const response = await app.request(path, { ...init, headers });
    const given = response.headers.get("set-cookie");
    if (given) cookie = given.split(";")[0] ?? "";
    return response;
  }

  const signIn = (by: object, headers: Record<string, string> = {}) =>
    ask("/dashboard/session", { method: "POST", body: JSON.stringify(by), headers });

  return { ask, signIn, cookie: () => cookie };
}
export type Browser = ReturnType<typeof createBrowser>;
