import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { Button } from "./button.tsx";
import { figure } from "./format.ts";

export type Series = { readonly name: string; readonly values: readonly (number | null)[] };
type Props = {
  readonly label: string;
  readonly xName: string;
  readonly x: readonly number[];
  readonly series: readonly Series[];
  /** Seconds since 1970 on the x axis. */
  readonly isTime?: boolean;
};

/** Okabe and Ito's, which colour-blind readers tell apart; dashes tell them apart without any colour. */
const LIGHT = ["#0072b2", "#c04a00", "#007a58", "#9a4f7f", "#6b5b00"];
const DARK = ["#56b4e9", "#f0a06b", "#3fcf9f", "#e39bc6", "#e8d44d"];
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 4]];
const HEIGHT = 280;

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = () => document.documentElement.classList.contains("dark");

function optionsOf({ xName, series, isTime }: Props, width: number): uPlot.Options {
  const palette = isDark() ? DARK : LIGHT;
  const axis = {
    stroke: colour("--soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line") },
  };
  return {
    width,
    height: HEIGHT,
    scales: { x: { time: isTime === true } },
    axes: [{ ...axis, label: xName, labelSize: 22 }, axis],
    series: [
      { label: xName },
      ...series.map(({ name, values }, index) => ({
        label: name,
        stroke: palette[index % palette.length] ?? "#888",
        dash: DASHES[index % DASHES.length] ?? [],
        width: 2,
        spanGaps: true,
        // A few values far apart are lost without a mark at each.
        points: { show: values.filter((value) => value !== null).length < 60 },
        value: (_: uPlot, value: number | null) => (value === null ? "–" : figure(value)),
      })),
    ],
  };
}

const dataOf = ({ x, series }: Props): uPlot.AlignedData => [
  [...x],
  ...series.map(({ values }) => [...values]),
];
const shapeOf = ({ xName, isTime, series }: Props) =>
  JSON.stringify([xName, isTime, series.map(({ name }) => name)]);

const lastOf = ({ values }: Series) => values.findLast((value) => value !== null) ?? null;
const summary = ({ label, series }: Props) =>
  `${label}. ${series.map((one) => `${one.name}: last ${figure(lastOf(one) ?? Number.NaN)}`).join("; ")}`;

/** Lines over one axis: drag to zoom, double click or the button to come back. New values leave the zoom as it is. */
export function Chart(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const [theme, setTheme] = useState(0);
  const latest = useRef(props);
  latest.current = props;
  const isZoomed = useRef(false);
  const shape = shapeOf(props);

  useEffect(() => {
    const turn = () => setTheme((now) => now + 1);
    addEventListener("themechange", turn);
    return () => removeEventListener("themechange", turn);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew only where lines or colours are others
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const zoom = (to: boolean) => {
      isZoomed.current = to;
    };
    const options = optionsOf(latest.current, element.clientWidth);
    const hooks = { setSelect: [({ select }: uPlot) => zoom(isZoomed.current || select.width > 0)] };
    const made = new uPlot({ ...options, hooks }, dataOf(latest.current), element);
    made.over.addEventListener("dblclick", () => zoom(false));
    zoom(false);
    plot.current = made;
    const fit = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    fit.observe(element);
    return () => {
      fit.disconnect();
      made.destroy();
    };
  }, [shape, theme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the values of both
  useEffect(() => {
    plot.current?.setData(dataOf(latest.current), !isZoomed.current);
  }, [props.x, props.series]);

  const reset = () => {
    isZoomed.current = false;
    plot.current?.setData(dataOf(latest.current), true);
  };
  return (
    <figure>
      <div ref={box} role="img" aria-label={summary(props)} className="w-full" />
      <figcaption className="mt-1 flex items-center justify-between gap-2 text-sm text-soft">
        <span>Drag to zoom.</span>
        <Button onClick={reset}>Whole range</Button>
      </figcaption>
    </figure>
  );
}
