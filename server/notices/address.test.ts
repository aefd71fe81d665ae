import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isPublicAddress } from "./address.ts";

const refused = [
  ["127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255"],
  ["100.64.0.1", "100.127.255.255", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255"],
  ["192.0.0.1", "192.0.2.5", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7"],
  ["203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"],
  [
    "::",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:8.8.8.8",
  ],
  ["::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "100::1", "fc00::1", "fd12:3456::1", "fe80::1"],
  ["fe80::1%eth0", "2606:4700::1%1", "fec0::1", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::"],
  ["2001:10::1", "3fff::1", "4000::1", "localhost", "", "1.2.3", "2130706433", "0x7f.1"],
].flat();

const allowed = [
  ["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"],
  ["128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255"],
  ["192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255"],
  ["2606:4700:4700::1111", "2001:4860:4860::8888", "2a00::1", "2001:200::1", "3ffe:ffff::1"],
].flat();

test("addresses that are not of the public internet are told from those that are", () => {
  for (const address of refused) assert.equal(isPublicAddress(address), false, address);
  for (const address of allowed) assert.equal(isPublicAddress(address), true, address);
});

const octet = fc.integer({ min: 0, max: 255 });
const between = (min: number, max: number) => fc.integer({ min, max });
const dotted = (...parts: fc.Arbitrary<number>[]) => fc.tuple(...parts).map((all) => all.join("."));

/** RFC 1918, loopback, link-local, CGNAT, multicast and reserved, written without the list under test. */
const private4 = fc.oneof(
  dotted(fc.constantFrom(0, 10, 127), octet, octet, octet),
  dotted(fc.constant(172), between(16, 31), octet, octet),
  dotted(fc.constant(192), fc.constant(168), octet, octet),
  dotted(fc.constant(169), fc.constant(254), octet, octet),
  dotted(fc.constant(100), between(64, 127), octet, octet),
  dotted(between(224, 255), octet, octet, octet),
);

/** The spellings that inet_aton and WHATWG's parser know for one address. */
function spellings(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (value: number) => `0x${value.toString(16)}`;
  const octal = (value: number) => `0${value.toString(8)}`;
  return [
    address,
    String(whole),
    hex(whole),
    octal(whole),
    [a, b, c, d].map(hex).join("."),
    [a, b, c, d].map(octal).join("."),
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${hex(a)}.${b}.${octal(c * 256 + d)}`,
    `${address}.`,
  ];
}

test("every spelling of a private IPv4 address is refused, once a URL has been made of it", () => {
  fc.assert(
    fc.property(private4, (address) => {
      for (const spelling of spellings(address)) {
        assert.equal(isPublicAddress(new URL(`https://${spelling}/`).hostname), false, spelling);
      }
    }),
  );
});

const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));

test("IPv6 is public in 2000::/3 alone, however it is written", () => {
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), fc.boolean(), (groups, isLong) => {
      const written = isLong ? groups.map((one) => one.padStart(4, "0").toUpperCase()) : groups;
      const compressed = new URL(`https://[${groups.join(":")}]/`).hostname.slice(1, -1);
      const isGlobal = Number.parseInt(groups[0] ?? "", 16) >> 13 === 1;
      if (!isGlobal) assert.equal(isPublicAddress(written.join(":")), false);
      assert.equal(isPublicAddress(written.join(":")), isPublicAddress(compressed));
    }),
  );
});

test("an IPv4 address that is mapped or embedded in IPv6 is refused, public or not", () => {
  fc.assert(
    fc.property(dotted(octet, octet, octet, octet), (address) => {
      for (const prefix of ["::ffff:", "::", "64:ff9b::", "::ffff:0:"]) {
        assert.equal(isPublicAddress(`${prefix}${address}`), false, prefix + address);
        assert.equal(isPublicAddress(new URL(`https://[${prefix}${address}]/`).hostname.slice(1, -1)), false);
      }
    }),
  );
});
