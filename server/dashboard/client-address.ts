import { BlockList, isIP } from "node:net";

const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** `proxies`: addresses and networks such as `10.0.0.0/8`. */
function createIsTrusted(proxies: readonly string[]) {
  const list = new BlockList();
  for (const proxy of proxies) {
    const [address = "", bits] = proxy.split("/");
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(bits), familyOf(address));
  }
  return (address: string) => isIP(address) !== 0 && list.check(address, familyOf(address));
}

/**
 * Who asks, of the connection's address and `X-Forwarded-For`: what the nearest of the named proxies was reached from,
 * through others of them. What stands before that anybody may have written, and is not read.
 */
export function createClientAddress(proxies: readonly string[]) {
  const isTrusted = createIsTrusted(proxies);
  return (connection: string, forwarded: string | undefined): string => {
    let client = connection;
    for (const address of (forwarded ?? "").split(",").reverse()) {
      if (!isTrusted(client)) break;
      client = address.trim() || client;
    }
    return client;
  };
}
export type ClientAddress = ReturnType<typeof createClientAddress>;
