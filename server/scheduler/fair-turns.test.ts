import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { inTurn } from "./fair-turns.ts";

type Job = { readonly projectId: string; readonly seq: number };
type Served = Job & { readonly waiting: readonly string[] };

const firstOfEach = (queued: readonly Job[]): Job[] =>
  [...Map.groupBy(queued, ({ projectId }) => projectId).values()].flatMap((jobs) => jobs.slice(0, 1));

/** Plays the queue: at each tick jobs come (a list of projects), and then one is started. */
function play(ticks: readonly (readonly string[])[], places: number, projectLimit: number) {
  const lastTurns = new Map<string, number>();
  const running: Job[] = [];
  const served: Served[] = [];
  let queued: Job[] = [];
  let seq = 0;
  for (const [tick, projects] of ticks.entries()) {
    for (const projectId of projects) queued.push({ projectId, seq: ++seq });
    if (running.length >= places) running.shift();
    const counts = new Map(
      [...Map.groupBy(running, ({ projectId }) => projectId)].map(([id, jobs]) => [id, jobs.length]),
    );
    const [next] = inTurn(firstOfEach(queued), { lastTurns, running: counts, projectLimit });
    if (!next) continue;
    served.push({ ...next, waiting: [...new Set(queued.map(({ projectId }) => projectId))] });
    assert.ok((counts.get(next.projectId) ?? 0) < projectLimit);
    queued = queued.filter((job) => job.seq !== next.seq);
    lastTurns.set(next.projectId, tick + 1);
    running.push(next);
  }
  return { served, queued };
}

const ticks = fc.array(fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 }), { maxLength: 60 });

test("while a project waits, no other starts twice", () => {
  fc.assert(
    fc.property(ticks, (comings) => {
      const { served } = play(comings, 1, 1);
      for (const [at, { projectId }] of served.entries()) {
        const again = served.findIndex((later, index) => index > at && later.projectId === projectId);
        if (again < 0) continue;
        const between = served.slice(at + 1, again + 1);
        const [first] = between;
        const waitedAllAlong = (first?.waiting ?? []).filter((one) =>
          between.every(({ waiting }) => waiting.includes(one)),
        );
        const hadATurn = new Set(between.map((one) => one.projectId));
        assert.deepEqual(
          waitedAllAlong.filter((one) => !hadATurn.has(one)),
          [],
        );
      }
    }),
  );
});

test("a project's own jobs start in their order, each once, and none is lost", () => {
  fc.assert(
    fc.property(ticks, fc.integer({ min: 1, max: 3 }), (comings, places) => {
      const { served, queued } = play(comings, places, places);
      for (const jobs of Map.groupBy(served, ({ projectId }) => projectId).values()) {
        const order = jobs.map(({ seq }) => seq);
        assert.deepEqual(
          order,
          order.toSorted((a, b) => a - b),
        );
      }
      assert.equal(new Set(served.map(({ seq }) => seq)).size, served.length);
      assert.equal(served.length + queued.length, comings.flat().length);
    }),
  );
});

test("nobody starves: whoever is in the queue has started after as many turns as there are projects", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 40 }), (flood) => {
      const rest = Array.from({ length: 6 }, () => ["a", "b", "c"]);
      const { served } = play([[...flood, "d"], ...rest], 1, 1);
      assert.ok(served.slice(0, 4).some(({ projectId }) => projectId === "d"));
    }),
  );
});

test("a project at its limit is left out, others go ahead", () => {
  const heads = [
    { projectId: "a", seq: 1 },
    { projectId: "b", seq: 2 },
  ];
  const turns = { lastTurns: new Map(), running: new Map([["a", 2]]), projectLimit: 2 };
  assert.deepEqual(
    inTurn(heads, turns).map(({ projectId }) => projectId),
    ["b"],
  );
});
