import { addAbortSignal, Readable } from "node:stream";
import { ApiError, ConnectionError } from "../../client/errors.ts";
import {
  Calendars,
  type Deprecation,
  type DeprecationDate,
  VendorName,
} from "../../contract/deprecations.ts";
import { Day } from "../../contract/lifecycle.ts";
import { hasCome } from "../../deprecations/dates.ts";
import { createVendorCalendar } from "../../deprecations/read-calendar.ts";
import { leftWords, whatWords } from "../../deprecations/words.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { interruptible } from "../interruptible.ts";
import { widthOf } from "../output/meter.ts";
import type { Column } from "../output/table.ts";
import { usageReportPage } from "../output/usage-report-page.ts";
import { byteSize } from "../output/words.ts";
import type { Usage } from "../usage/collect.ts";
import { openUsageFile, readUsage } from "../usage/read-usage.ts";
import { reportUsage } from "../usage/usage-report.ts";
import { type AddCommand, example } from "./command.ts";

type Options = { vendor?: string; mine?: string; after?: string; before?: string; all?: true };

/** A day of an entry, a line of the table. */
type Dated = { readonly entry: Deprecation; readonly date: DeprecationDate };

/** The server is asked in passing: whoever reads a vendor's dates may have none. */
const SERVER_WAIT_MS = 5000;
/** Read before anybody wonders. */
const QUICK_BYTES = 20 * 1024 * 1024;

function calendarsOf(text: string): Calendars {
  const parsed = Calendars.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CliError(`No vendor '${text}': use ${Calendars.options.join(", ")}.`);
}

function dayOf(text: string | undefined, option: string): string | undefined {
  if (text === undefined || Day.safeParse(text).success) return text;
  throw new CliError(`${option} ${text}: give a date such as 2027-01-14.`);
}

/** Below that the names of models need the room of the replacement. */
const WIDE_COLUMNS = 110;

const happens = (date: DeprecationDate, isWide: boolean): string =>
  whatWords(isWide || date.what === "stage" ? date : { ...date, note: null });

const columnsOf = (now: number, isWide: boolean): Column<Dated>[] => [
  { title: "DATE", of: ({ date }) => date.date },
  { title: "LEFT", of: ({ date }) => leftWords(date.date, now) },
  { title: "VENDOR", of: ({ entry }) => (entry.vendor === "own" ? "here" : entry.vendor) },
  { title: "WHAT", of: ({ entry }) => entry.subject, shrinks: true },
  { title: "HAPPENS", of: ({ date }) => happens(date, isWide), shrinks: true },
  ...(isWide
    ? [{ title: "REPLACEMENT", of: ({ entry }: Dated) => entry.successor ?? "–", shrinks: true } as const]
    : []),
];

const askServer = (cli: Cli): Promise<Deprecation[]> =>
  cli.project().deprecations.list({ vendor: "own" }, AbortSignal.timeout(SERVER_WAIT_MS));

/** This server's dates, where one answers; vendors' dates need none. */
async function ownIfThere(cli: Cli): Promise<Deprecation[]> {
  try {
    return await askServer(cli);
  } catch (error) {
    const isExpected =
      error instanceof ApiError || error instanceof ConnectionError || error instanceof CliError;
    if (!isExpected) throw error;
    cli.show.remark(`Without the dates of your own server: ${error.message}`);
    return [];
  }
}

async function entriesOf(cli: Cli, calendars: Calendars): Promise<Deprecation[]> {
  const vendors = createVendorCalendar();
  if (calendars === "own") return askServer(cli);
  if (calendars === "all") return [...(await ownIfThere(cli)), ...vendors(VendorName.options, cli.now())];
  return vendors([calendars], cli.now());
}

/** Whether a day lies in the range that was asked for. */
function rangeOf({ after, before }: Options): (day: string) => boolean {
  const [from, to] = [dayOf(after, "--after"), dayOf(before, "--before")];
  return (day) => (from === undefined || day >= from) && (to === undefined || day <= to);
}

async function list(cli: Cli, calendars: Calendars, options: Options): Promise<void> {
  const isAsked = rangeOf(options);
  const now = cli.now();
  const showsPast = options.all === true || options.after !== undefined;
  const isShown = ({ date }: DeprecationDate) => isAsked(date) && (showsPast || !hasCome(date, now));
  const entries = (await entriesOf(cli, calendars)).filter(({ dates }) => dates.some(isShown));
  if (cli.show.isJson()) return cli.show.json(entries);
  const dated = entries
    .flatMap((entry) => entry.dates.filter(isShown).map((date) => ({ entry, date })))
    .sort((one, other) => one.date.date.localeCompare(other.date.date));
  const isWide = !cli.out.isTTY || widthOf(cli.out) >= WIDE_COLUMNS;
  cli.show.list(
    dated,
    columnsOf(now, isWide),
    "No date is ahead. `perennial deprecations --all` shows the past too.",
  );
}

function readHere(cli: Cli, path: string, signal: AbortSignal): Promise<Usage> {
  if (path === "-") {
    const bytes = addAbortSignal(signal, Readable.from(cli.input));
    return readUsage({ name: "standard input", bytes, signal });
  }
  const { bytes, size } = openUsageFile(path);
  if (size < QUICK_BYTES) return readUsage({ name: path, bytes, signal });
  return withMeter(cli, { name: path, bytes, signal }, size);
}

async function withMeter(cli: Cli, source: Parameters<typeof readUsage>[0], size: number): Promise<Usage> {
  using meter = cli.show.meter();
  const onRead = (bytes: number) => meter.update(bytes, size, `reading ${byteSize(size)}`);
  return await readUsage({ ...source, onRead });
}

async function listMine(cli: Cli, path: string, options: Options): Promise<void> {
  const vendor = calendarsOf(options.vendor ?? "openai");
  if (vendor === "all")
    throw new CliError(
      "With --mine name one vendor (--vendor openai, azure or own): the same model ends on other days elsewhere.",
    );
  const isShown = rangeOf(options);
  const usage = await interruptible(cli, (signal) => readHere(cli, path, signal));
  const entries = await entriesOf(cli, vendor);
  const report = reportUsage(usage, { entries, vendor, now: cli.now(), isShown });
  if (cli.show.isJson()) cli.show.json(report);
  else
    cli.show.text(
      usageReportPage(report, { now: cli.now(), width: cli.out.isTTY ? widthOf(cli.out) : null }),
    );
}

export const deprecationsCommand: AddCommand = (parent, cli) => {
  parent
    .command("deprecations")
    .option(
      "--vendor <vendor>",
      "openai, azure, own (this server) or all; otherwise all, with --mine openai. Vendors' dates need no server",
    )
    .option(
      "--mine <usage.csv>",
      "a usage export, a list of models, or - for standard input: what of yours ends when",
    )
    .option("--after <date>", "only what happens on that day or later")
    .option("--before <date>", "only what happens on that day or before")
    .option("--all", "also what is over")
    .description("List what ends when, here and at OpenAI and Azure, and what of yours is hit.")
    .addHelpText(
      "after",
      example(
        "perennial deprecations --vendor openai --before 2027-02-01",
        "perennial deprecations --vendor openai --mine usage.csv",
      ),
    )
    .action((options: Options) =>
      options.mine === undefined
        ? list(cli, calendarsOf(options.vendor ?? "all"), options)
        : listMine(cli, options.mine, options),
    );
};
