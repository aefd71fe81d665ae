import { BlockList, isIP } from "node:net";

/** IPv4 that is not the public internet (IANA's special-purpose registry), with multicast and what is reserved. */
const special4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const;

/** The part of IPv6 that is handed out to the public; everything else (loopback, link-local, mapped IPv4, …) is not. */
const global6 = ["2000::", 3] as const;

/** Within it: protocol assignments (Teredo among them), documentation, 6to4. The tunnels would carry a private IPv4 address. */
const special6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const;

function listOf(type: "ipv4" | "ipv6", subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, type);
  return list;
}

const refused4 = listOf("ipv4", special4);
const public6 = listOf("ipv6", [global6]);
const refused6 = listOf("ipv6", special6);

/** Whether an IP address, as text, belongs to the public internet. What is no address, or has a zone, does not. */
export function isPublicAddress(address: string): boolean {
  if (address.includes("%")) return false;
  const version = isIP(address);
  if (version === 4) return !refused4.check(address, "ipv4");
  return version === 6 && public6.check(address, "ipv6") && !refused6.check(address, "ipv6");
}
