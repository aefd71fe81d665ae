import { isUtf8 } from "node:buffer";
import type { z } from "zod";
import { Refusal } from "../../contract/errors.ts";
import {
  hasMoreValuesThan,
  isDeeperThan,
  MAX_JSON_DEPTH,
  MAX_JSON_VALUES,
} from "../../contract/json-depth.ts";
import { findFault, illFormedText, prototypeName, tooLargeNumber } from "../../contract/well-formed.ts";
import { paramName, parse } from "./validation.ts";

const BAD_JSON =
  "We could not parse the JSON body of your request. The API expects a JSON payload, but what was sent was not valid JSON.";

function decodeJson(text: string): unknown {
  if (isDeeperThan(text, MAX_JSON_DEPTH)) {
    throw new Refusal(
      "invalid_json",
      `The JSON body of your request is nested deeper than ${MAX_JSON_DEPTH} levels.`,
    );
  }
  if (hasMoreValuesThan(text, MAX_JSON_VALUES)) {
    throw new Refusal(
      "invalid_json",
      `The JSON body of your request holds more than ${MAX_JSON_VALUES} values. Send it in several requests.`,
    );
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal("invalid_json", BAD_JSON);
  }
}

const reasonAgainst = (value: unknown) =>
  illFormedText(value) ?? tooLargeNumber(value) ?? prototypeName(value);

/** Refuses what JSON can carry and nothing behind it can. */
function assertUsable(value: unknown): void {
  const fault = findFault(value, reasonAgainst);
  if (!fault) return;
  const param = paramName(fault.path) || null;
  throw new Refusal("invalid_value", `Invalid value for '${param ?? "body"}': ${fault.reason}.`, param);
}

const BYTE_ORDER_MARK = "\ufeff";

/** Bytes that are no UTF-8 would be read as something else than was sent. */
function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Refusal("invalid_json", `${BAD_JSON} It is not UTF-8.`);
  const text = bytes.toString("utf8");
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** A body by its schema, or a refusal. An empty one counts as `{}`, as the SDKs send it for calls without fields. */
export function parseBody<Schema extends z.ZodType>(bytes: Buffer, schema: Schema): z.output<Schema> {
  const text = textOf(bytes);
  const value = text.trim() === "" ? {} : decodeJson(text);
  assertUsable(value);
  return parse(schema, value);
}
