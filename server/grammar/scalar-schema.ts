import { type Expression, repeat, rule } from "./expression.ts";
import { formats } from "./formats.ts";
import { quoted } from "./json.ts";
import { anyInteger, decimalIn, integerIn } from "./numbers.ts";
import { MAX_REPEATS, PatternError, patternGrammar } from "./pattern.ts";
import { type At, type Path, SchemaError } from "./schema-error.ts";
import { char } from "./strings.ts";

/** Strings and numbers by their keywords; `unsupported` throws or lets it be. */
export function createScalars(unsupported: (path: Path, why: string) => void) {
  function count({ schema, path }: At, key: string): number | null {
    const value = schema[key];
    if (value === undefined) return null;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0)
      throw new SchemaError([...path, key], "it must be a whole number from 0");
    if (value <= MAX_REPEATS) return value;
    unsupported([...path, key], `counts above ${MAX_REPEATS} are not supported`);
    return null;
  }

  function counts(at: At, [least, most]: readonly [string, string]): [number, number | null] {
    const [min, max] = [count(at, least) ?? 0, count(at, most)];
    if (max !== null && min > max) throw new SchemaError([...at.path, least], `it is more than ${most}`);
    return [min, max];
  }

  function pattern(at: At, key: string, written: string): Expression | null {
    try {
      return patternGrammar(written);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      unsupported([...at.path, key], `this pattern is not supported: ${error.message}`);
      return null;
    }
  }

  function stringPattern(at: At): Expression | null {
    const { pattern: written, format } = at.schema;
    if (typeof written === "string") return pattern(at, "pattern", written);
    if (written !== undefined) throw new SchemaError([...at.path, "pattern"], "it must be a string");
    if (format === undefined) return null;
    const known = typeof format === "string" && Object.hasOwn(formats, format) ? formats[format] : undefined;
    if (known !== undefined) return pattern(at, "format", known);
    unsupported([...at.path, "format"], `it must be one of ${Object.keys(formats).join(", ")}`);
    return null;
  }

  function string(at: At): Expression {
    const [min, max] = counts(at, ["minLength", "maxLength"]);
    const matched = stringPattern(at);
    if (matched && (min > 0 || max !== null))
      unsupported(
        [...at.path, min > 0 ? "minLength" : "maxLength"],
        "it cannot be combined with a pattern or format",
      );
    return quoted(matched ?? repeat(char, min, max));
  }

  function bound(at: At, key: string): number | null {
    const value = at.schema[key];
    if (value === undefined) return null;
    if (typeof value !== "number") throw new SchemaError([...at.path, key], "it must be a number");
    if (Number.isInteger(value)) return value;
    unsupported([...at.path, key], "only whole numbers are supported as bounds");
    return null;
  }

  function range(at: At) {
    const [min, max] = [bound(at, "minimum"), bound(at, "maximum")];
    const [above, below] = [bound(at, "exclusiveMinimum"), bound(at, "exclusiveMaximum")];
    return {
      min: above === null ? min : Math.max(above, min ?? above),
      max: below === null ? max : Math.min(below, max ?? below),
      isAboveMin: above !== null && (min === null || above >= min),
      isBelowMax: below !== null && (max === null || below <= max),
    };
  }

  const empty = ({ path }: At, key: string) => new SchemaError([...path, key], "no value is in this range");

  function integer(at: At): Expression {
    const { min, max, isAboveMin, isBelowMax } = range(at);
    if (min === null && max === null) return anyInteger;
    const whole = integerIn({
      min: min !== null && isAboveMin ? min + 1 : min,
      max: max !== null && isBelowMax ? max - 1 : max,
    });
    if (!whole) throw empty(at, min === null ? "maximum" : "minimum");
    return whole;
  }

  function number(at: At): Expression {
    const limits = range(at);
    if (limits.min === null && limits.max === null) return rule("number");
    const decimal = decimalIn(limits);
    if (!decimal) throw empty(at, limits.min === null ? "maximum" : "minimum");
    return decimal;
  }

  return { string, integer, number, counts };
}
