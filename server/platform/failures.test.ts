import assert from "node:assert/strict";
import { test } from "node:test";
import { refusalFor } from "./failures.ts";
import { silentLog } from "./log.ts";

const kindOf = (error: unknown) =>
  refusalFor({ error, requestId: "req_1", hasLeft: false }, silentLog)?.kind ?? null;

test("a disk without room is told as that, by files and by the database", () => {
  for (const facts of [{ code: "ENOSPC" }, { code: "EDQUOT" }, { code: "ERR_SQLITE_ERROR", errcode: 13 }])
    assert.equal(kindOf(Object.assign(new Error("no room"), facts)), "disk_full");
  for (const facts of [{ code: "EIO" }, { code: "ERR_SQLITE_ERROR", errcode: 11 }])
    assert.equal(kindOf(Object.assign(new Error("broken"), facts)), "server_error");
});
