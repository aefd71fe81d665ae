import { isIP } from "node:net";
import { Refusal } from "../../contract/errors.ts";
import { isPublicAddress } from "./address.ts";

const refuse = (text: string) => new Refusal("invalid_value", `Invalid value for 'url': ${text}`, "url");

/** The address that a URL names by itself, without brackets; null: it names a host. */
export function addressIn({ hostname }: URL): string | null {
  const bare = hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(bare) === 0 ? null : bare;
}

/** Ports below are of services that do not speak HTTP, and that nobody must be made to talk to. */
const FIRST_FREE_PORT = 1024;

function assertPublic(url: URL): void {
  const address = addressIn(url);
  const isLocal = /(^|\.)localhost\.?$/.test(url.hostname);
  if (isLocal || (address !== null && !isPublicAddress(address))) {
    throw refuse(
      `${url.hostname} is not an address of the public internet. The operator can allow private ones (PERENNIAL_WEBHOOK_PRIVATE_ADDRESSES=allow).`,
    );
  }
  const port = Number(url.port || 443);
  if (port !== 443 && port < FIRST_FREE_PORT) {
    throw refuse(`port ${port} is not allowed; use 443, or one from ${FIRST_FREE_PORT}.`);
  }
}

/**
 * The URL as it is stored and used: WHATWG's parser has turned every spelling of an IPv4 address (0x7f.1, 017700000001,
 * 2130706433) into the usual one. What a host's name stands for is checked when it is connected to.
 */
export function parseWebhookUrl(text: string, allowsPrivate: boolean): string {
  const url = URL.parse(text);
  if (!url) throw refuse("expected a URL such as https://example.com/hooks.");
  const isHttp = url.protocol === "http:";
  if (url.protocol !== "https:" && !isHttp) throw refuse("use https.");
  if (isHttp && !allowsPrivate) {
    throw refuse("use https; http is only for private addresses, where the operator allows those.");
  }
  if (url.username !== "" || url.password !== "") {
    throw refuse("leave the user and the password out; deliveries are signed with the signing secret.");
  }
  if (url.hash !== "") throw refuse("leave the part after # out; it is never sent.");
  if (url.port === "0") throw refuse("port 0 cannot be connected to.");
  if (!allowsPrivate) assertPublic(url);
  return url.href;
}
