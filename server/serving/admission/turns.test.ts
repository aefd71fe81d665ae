import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createTurns, type Seat, type TurnLimits } from "./turns.ts";

const limits: TurnLimits = { places: 2, mostWaiting: 4, mostOfProject: 3, oneModel: false };

/** Requests by name; `begun` are those that got a place, in order. */
function setUp(changes: Partial<TurnLimits> = {}) {
  const turns = createTurns({ ...limits, ...changes });
  const begun: string[] = [];
  const seats = new Map<string, Seat>();
  function come(name: string, model = "", projectId = name.charAt(0)): "works" | "waits" | "full" | "share" {
    if (turns.tryBegin({ projectId, model })) {
      begun.push(name);
      return "works";
    }
    const seat = turns.sit({
      projectId,
      model,
      begin: () => {
        begun.push(name);
        turns.leaveSeat(seats.get(name) ?? assert.fail());
        seats.delete(name);
      },
    });
    if (typeof seat === "string") return seat;
    seats.set(name, seat);
    turns.lineUp(seat);
    return "waits";
  }
  function giveUp(name: string): void {
    const seat = seats.get(name) ?? assert.fail();
    seats.delete(name);
    turns.stepOut(seat);
    turns.leaveSeat(seat);
  }
  return { turns, begun, come, giveUp, seats };
}

test("as many work as there are places, the others in the order in which they came", () => {
  const { turns, begun, come } = setUp();
  assert.deepEqual(
    ["a1", "a2", "a3", "a4"].map((name) => come(name)),
    ["works", "works", "waits", "waits"],
  );
  turns.end("a");
  turns.end("a");
  assert.deepEqual(begun, ["a1", "a2", "a3", "a4"]);
  assert.deepEqual([turns.working(), turns.waiting()], [2, 0]);
});

test("a project with fewer at work comes before one that waited longer", () => {
  const { turns, begun, come } = setUp();
  for (const name of ["a1", "a2", "a3", "a4", "b1"]) come(name);
  turns.end("a");
  assert.equal(begun.at(-1), "b1");
  turns.end("a");
  assert.equal(begun.at(-1), "a3");
});

test("of projects with as many at work the one whose first request waited longest is next", () => {
  const { turns, begun, come } = setUp({ places: 1 });
  for (const name of ["x1", "c1", "a1", "a2", "b1"]) come(name);
  for (const project of ["x", "c", "a", "b"]) turns.end(project);
  assert.deepEqual(begun, ["x1", "c1", "a1", "a2", "b1"]);
});

test("a full queue takes nobody; a project at its share leaves room for others", () => {
  const { come } = setUp();
  for (const name of ["a1", "a2", "a3", "a4", "a5"]) come(name);
  assert.deepEqual([come("a6"), come("b1"), come("b2")], ["share", "waits", "full"]);
});

test("who steps out of line to get ready comes back to the place that was his", () => {
  const { turns, begun, come, seats } = setUp({ places: 1 });
  for (const name of ["a1", "a2", "a3"]) come(name);
  const seat = seats.get("a2") ?? assert.fail();
  turns.stepOut(seat);
  turns.lineUp(seat);
  turns.end("a");
  assert.deepEqual(begun, ["a1", "a2"]);
});

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("come" as const), project: fc.constantFrom("a", "b", "c") }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("end" as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), which: fc.nat(20) }) },
);

test("whatever happens: no more at work than places, nobody passed over, limits kept, nothing left behind", () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 6 }),
    fc.array(step, { maxLength: 120, size: "max" }),
    (places, mostWaiting, mostOfProject, steps) => {
      const { turns, begun, come, giveUp, seats } = setUp({ places, mostWaiting, mostOfProject });
      const atWork: string[] = [];
      const orders = new Map<string, number[]>();
      let taken = 0;
      let number = 0;
      const note = () => {
        for (const name of begun.slice(taken)) {
          atWork.push(name);
          const order = orders.get(name.charAt(0)) ?? [];
          orders.set(name.charAt(0), [...order, Number(name.slice(1))]);
        }
        taken = begun.length;
      };
      const finish = (which: number) => {
        const [name] = atWork.splice(which % atWork.length, 1);
        if (name) turns.end(name.charAt(0));
      };
      for (const one of steps) {
        if (one.do === "come") come(`${one.project}${++number}`);
        else if (one.do === "end" && atWork.length > 0) finish(one.which);
        else if (one.do === "leave" && seats.size > 0)
          giveUp([...seats.keys()][one.which % seats.size] ?? assert.fail());
        note();
        assert.equal(turns.working(), atWork.length);
        assert.equal(turns.waiting(), seats.size);
        assert.ok(atWork.length <= places && seats.size <= mostWaiting);
        assert.ok(seats.size === 0 || atWork.length === places, "a place is free and somebody waits");
        for (const project of ["a", "b", "c"])
          assert.ok([...seats.keys()].filter((name) => name.startsWith(project)).length <= mostOfProject);
      }
      // Whoever waits now is served before anybody who comes later to the same project, and all are served.
      for (let left = 200; atWork.length > 0; left -= 1) {
        assert.ok(left > 0);
        finish(0);
        note();
      }
      assert.deepEqual([turns.working(), turns.waiting()], [0, 0]);
      for (const order of orders.values())
        assert.deepEqual(
          order,
          order.toSorted((x, y) => x - y),
        );
    },
  );
  fc.assert(property, { numRuns: 500 });
});

test("nobody starves: with others coming without end, every request is served after a bounded number of turns", () => {
  const property = fc.property(
    fc.array(fc.constantFrom("b", "c", "d"), { minLength: 60, maxLength: 60 }),
    (others) => {
      const { turns, begun, come } = setUp({ places: 1, mostWaiting: 100, mostOfProject: 100 });
      come("x0");
      for (const name of ["b1", "b2", "a1"]) come(name);
      let number = 10;
      for (const project of others) {
        come(`${project}${++number}`);
        turns.end((begun.at(-1) ?? "x").charAt(0));
      }
      // Those who came before, and of each other project at most one that came later.
      assert.ok(begun.indexOf("a1") >= 0 && begun.indexOf("a1") <= 3);
    },
  );
  fc.assert(property);
});

test("one model at a time: others wait for those at work and those before them, then all who wait for it come along", () => {
  const { turns, begun, come } = setUp({ places: 3, mostWaiting: 20, mostOfProject: 20, oneModel: true });
  assert.equal(come("x1", "red"), "works");
  assert.equal(come("y1", "red"), "works");
  assert.equal(come("x2", "blue"), "waits");
  assert.equal(come("y2", "red"), "waits", "it came after one whose model is not at work");
  assert.equal(come("z1", "green"), "waits");
  assert.equal(come("z2", "blue"), "waits");
  turns.end("x");
  assert.deepEqual(begun, ["x1", "y1"]);
  turns.end("y");
  assert.deepEqual(begun.slice(2), ["x2", "z2"], "both of blue, though one came after green");
  turns.end("x");
  turns.end("z");
  assert.equal(begun.at(-1), "y2");
  turns.end("y");
  assert.equal(begun.at(-1), "z1");
});

test("those who came before may still begin with the model at work", () => {
  const { turns, begun, come } = setUp({ places: 1, mostWaiting: 20, mostOfProject: 20, oneModel: true });
  for (const [name, model] of [
    ["a1", "red"],
    ["a2", "red"],
    ["a3", "blue"],
  ] as const)
    come(name, model);
  turns.end("a");
  assert.equal(begun.at(-1), "a2");
  turns.end("a");
  assert.equal(begun.at(-1), "a3");
});

test("who gives up keeps nobody from beginning", () => {
  const { begun, come, giveUp } = setUp({ places: 2, mostWaiting: 20, mostOfProject: 20, oneModel: true });
  come("a1", "red");
  come("b1", "blue");
  come("c1", "red");
  assert.deepEqual(begun, ["a1"]);
  giveUp("b1");
  assert.deepEqual(begun, ["a1", "c1"]);
});

test("one model at a time, whatever happens; nobody waits for ever, whatever comes after", () => {
  const coming = fc.record({
    project: fc.constantFrom("a", "b"),
    model: fc.constantFrom("red", "blue", "green"),
  });
  const property = fc.property(
    fc.integer({ min: 1, max: 3 }),
    fc.array(fc.tuple(coming, fc.boolean()), { maxLength: 80, size: "max" }),
    (places, steps) => {
      const { turns, begun, come } = setUp({ places, mostWaiting: 200, mostOfProject: 200, oneModel: true });
      const models = new Map<string, string>();
      const atWork: string[] = [];
      let taken = 0;
      const note = () => {
        atWork.push(...begun.slice(taken));
        taken = begun.length;
        assert.ok(atWork.length <= places);
        assert.ok(new Set(atWork.map((name) => models.get(name))).size <= 1);
        assert.ok(atWork.length > 0 || turns.waiting() === 0, "nobody works and somebody waits");
      };
      const finish = () => {
        const name = atWork.shift();
        if (name) turns.end(name.charAt(0));
        note();
      };
      for (const [number, [{ project, model }, ends]] of steps.entries()) {
        models.set(`${project}${number}`, model);
        come(`${project}${number}`, model);
        note();
        if (ends) finish();
      }
      for (let left = 400; atWork.length > 0; left -= 1) {
        assert.ok(left > 0);
        finish();
      }
      assert.equal(begun.length, steps.length);
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test("one model at a time: a project's many requests for one model do not keep another project's from its turn", () => {
  const { turns, begun, come } = setUp({ places: 2, mostWaiting: 200, mostOfProject: 200, oneModel: true });
  for (let number = 0; number < 40; number += 1) come(`a${number}`, "red");
  come("b1", "blue");
  for (let ended = 0; !begun.includes("b1"); ended += 1) {
    assert.ok(ended < 4, "it waits for those at work and at most one more turn");
    turns.end("a");
  }
});
