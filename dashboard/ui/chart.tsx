import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { Button } from "./button.tsx";
import { figure, local, onAxis, onScale } from "./format.ts";
import { type Range, thin } from "./thin.ts";

export type Series = {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** Its own places on the x axis, ascending; left out: the chart's. */
  readonly x?: readonly number[];
};
type Props = {
  readonly label: string;
  readonly xName: string;
  readonly x: readonly number[];
  readonly series: readonly Series[];
  /** Seconds since 1970 on the x axis. */
  readonly isTime?: boolean;
  /** How a place on the x axis is written. */
  readonly xText?: (x: number) => string;
};

/** Okabe and Ito's, which colour-blind readers tell apart; dashes tell them apart without any colour. */
const LIGHT = ["#0072b2", "#c04a00", "#007a58", "#9a4f7f", "#6b5b00"];
const DARK = ["#56b4e9", "#f0a06b", "#3fcf9f", "#e39bc6", "#e8d44d"];
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 4]];
const HEIGHT = 280;
/** A few values far apart are lost without a mark at each. */
const MOST_MARKED = 60;

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = () => document.documentElement.classList.contains("dark");

function writtenX({ xText, isTime }: Props) {
  const text = xText ?? (isTime ? local : null);
  if (!text) return { axis: {}, value: {} };
  const marks = (_: uPlot, all: number[], _axis: number, _space: number, apart: number) =>
    all.map((x) => (xText ? xText(x) : onAxis(x, apart)));
  return {
    axis: { values: marks },
    value: { value: (_: uPlot, x: number | null) => (x === null ? "–" : text(x)) },
  };
}

function optionsOf(props: Props, width: number): uPlot.Options {
  const { xName, series, isTime } = props;
  const palette = isDark() ? DARK : LIGHT;
  const axis = {
    stroke: colour("--soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line") },
  };
  const written = writtenX(props);
  return {
    width,
    height: HEIGHT,
    scales: { x: { time: isTime === true } },
    axes: [
      { ...axis, label: xName, labelSize: 22, ...written.axis },
      { ...axis, values: (_, all) => all.map(onScale) },
    ],
    series: [
      { label: xName, ...written.value },
      ...series.map(({ name, values }, index) => ({
        label: name,
        stroke: palette[index % palette.length] ?? "#888",
        // A second round of the colours has other dashes.
        dash: DASHES[(index + Math.floor(index / palette.length)) % DASHES.length] ?? [],
        width: 2,
        spanGaps: true,
        points: { show: values.filter((value) => value !== null).length < MOST_MARKED },
        value: (_: uPlot, value: number | null) => (value == null ? "–" : figure(value)),
      })),
    ],
  };
}

const WHOLE: Range = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };

function extentOf({ x, series }: Props): Range {
  const axes = [x, ...series.flatMap((one) => (one.x ? [one.x] : []))].filter(({ length }) => length > 0);
  return {
    min: Math.min(...axes.map((one) => one[0] ?? 0)),
    max: Math.max(...axes.map((one) => one.at(-1) ?? 0)),
  };
}

/** Of each line as much as this width shows of the range; lines with places of their own are laid over each other. */
function dataOf(props: Props, range: Range, width: number): uPlot.AlignedData {
  const within = range === WHOLE ? extentOf(props) : range;
  const tables = props.series.map(({ x = props.x, values }): uPlot.AlignedData => {
    const points = thin({ x, values }, within, width);
    return [points.x, points.values];
  });
  return tables.length === 0 ? [[...props.x]] : uPlot.join(tables);
}

const shapeOf = ({ xName, isTime, series }: Props) =>
  JSON.stringify([xName, isTime, series.map(({ name }) => name)]);

const lastOf = ({ values }: Series) => values.findLast((value) => value !== null) ?? null;
const summary = ({ label, series }: Props) =>
  `${label}. ${series.map((one) => `${one.name}: last ${figure(lastOf(one) ?? Number.NaN)}`).join("; ")}`;

/** A plot that draws, of any number of values, those that can be seen in the range that it shows. */
function createPlot(element: HTMLElement, first: Props) {
  let props = first;
  let range = WHOLE;
  let frame = 0;

  function draw(): void {
    const data = dataOf(props, range, element.clientWidth);
    made.batch(() => {
      made.setData(data, range === WHOLE);
      if (range !== WHOLE) made.setScale("x", range);
    });
  }

  /** Zoomed in by hand: more of the values can be seen there. */
  function zoom({ scales, data }: uPlot, key: string): void {
    const { min, max } = scales.x ?? {};
    if (key !== "x" || min == null || max == null) return;
    const isWhole = min <= (data[0][0] ?? 0) && max >= (data[0].at(-1) ?? 0);
    const [before, after] = [range, isWhole ? WHOLE : { min, max }];
    if (before.min === after.min && before.max === after.max) return;
    range = after;
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(draw);
  }

  const options = optionsOf(first, element.clientWidth);
  const hooks = { setScale: [zoom] };
  const made = new uPlot({ ...options, hooks }, dataOf(first, WHOLE, element.clientWidth), element);
  const fit = new ResizeObserver(() => {
    made.setSize({ width: element.clientWidth, height: HEIGHT });
    draw();
  });
  fit.observe(element);

  return {
    show(next: Props): void {
      props = next;
      draw();
    },
    showWhole(): void {
      range = WHOLE;
      draw();
    },
    [Symbol.dispose]() {
      cancelAnimationFrame(frame);
      fit.disconnect();
      made.destroy();
    },
  };
}

/** Lines over one axis: drag to zoom, double click or the button to come back. New values leave the zoom as it is. */
export function Chart(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<ReturnType<typeof createPlot>>(null);
  const [theme, setTheme] = useState(0);
  const latest = useRef(props);
  latest.current = props;
  const shape = shapeOf(props);

  useEffect(() => {
    const turn = () => setTheme((now) => now + 1);
    addEventListener("themechange", turn);
    return () => removeEventListener("themechange", turn);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew only where lines or colours are others
  useEffect(() => {
    if (!box.current) return;
    const made = createPlot(box.current, latest.current);
    plot.current = made;
    return () => {
      plot.current = null;
      made[Symbol.dispose]();
    };
  }, [shape, theme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the values of both
  useEffect(() => plot.current?.show(latest.current), [props.x, props.series]);

  return (
    <figure>
      <div ref={box} role="img" aria-label={summary(props)} className="w-full" />
      <figcaption className="mt-1 flex items-center justify-between gap-2 text-sm text-soft">
        <span>Drag to zoom.</span>
        <Button onClick={() => plot.current?.showWhole()}>Whole range</Button>
      </figcaption>
    </figure>
  );
}
