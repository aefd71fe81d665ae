import { after } from "node:test";
import { createTestApp } from "../test-app.ts";
import { refuse, type Wrong } from "../test-refusals.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());

const DEPRECATIONS = "/v1/perennial/deprecations";
const badDays = [
  "",
  "x",
  "2027",
  "2027-01",
  "2027-1-6",
  "2027-02-30",
  "1970-01-01",
  "2027-01-06T00:00:00Z",
  "%00",
];
const wrong: Wrong[] = [
  ...badDays.flatMap((day): Wrong[] => [
    { path: `${DEPRECATIONS}?after=${day}`, param: "after" },
    { path: `${DEPRECATIONS}?before=${day}`, param: "before" },
  ]),
  { path: `${DEPRECATIONS}?after=2027-01-07&before=2027-01-06`, param: "before" },
  ...["", "google", "OPENAI", "__proto__"].flatMap((vendor): Wrong[] => [
    { path: `${DEPRECATIONS}?vendor=${vendor}`, param: "vendor" },
    { path: `/deprecations?vendor=${vendor}`, param: "vendor" },
    { path: `/deprecations.ics?vendor=${vendor}`, param: "vendor" },
    { path: `/deprecations.atom?vendor=${vendor}`, param: "vendor" },
  ]),
  { path: `${DEPRECATIONS}?colour=red`, param: "colour" },
  { path: "/deprecations?colour=red", param: "colour" },
  { path: DEPRECATIONS, key: "sk-nobody", status: 401, param: null },
  { method: "POST", path: DEPRECATIONS, json: {}, status: 404, param: null },
  { method: "DELETE", path: "/deprecations", status: 404, param: null },
  { path: "/deprecations.xml", status: 404, param: null },
];

refuse(app, wrong);
