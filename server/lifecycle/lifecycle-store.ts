import { type Selectable, sql } from "kysely";
import { ModelSchedule, Policy } from "../../contract/lifecycle.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { Entries } from "./document.ts";

export type ChangeRow = Selectable<Tables["lifecycle_changes"]> & { undone_by: string | null };
export type NewChange = Omit<Selectable<Tables["lifecycle_changes"]>, "seq">;

/** An entry as it was and as it became; null: absent. */
export type Touched = {
  readonly kind: "model" | "policy";
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
};

const version = sql<number>`(select coalesce(max(seq), 0) from lifecycle_changes)`;

const changes = (db: Database) =>
  db
    .selectFrom("lifecycle_changes as change")
    .leftJoin("lifecycle_changes as taker", "taker.undoes", "change.id")
    .selectAll("change")
    .select("taker.id as undone_by");

export const createLifecycleStore = (db: Database) => ({
  async read(): Promise<{ version: number; entries: Entries }> {
    // One statement: entries and the version that they are of.
    const rows = await db
      .selectFrom("lifecycle_entries")
      .select(["kind", "name", "value"])
      .select(version.as("version"))
      .orderBy("name")
      .execute();
    const valuesOf = (kind: "model" | "policy") =>
      rows.filter((row) => row.kind === kind).map(({ value }) => JSON.parse(value));
    const models = valuesOf("model").map((value) => ModelSchedule.parse(value));
    const policies = valuesOf("policy").map((value) => Policy.parse(value));
    const entries = {
      models: new Map(models.map((model) => [model.id, model])),
      policies: new Map(policies.map((policy) => [policy.name, policy])),
    };
    const [first] = rows;
    return { version: first ? first.version : await this.version(), entries };
  },

  async version(): Promise<number> {
    const row = await db.selectNoFrom(version.as("version")).executeTakeFirst();
    return row?.version ?? 0;
  },

  /** Writes the change and what it makes of the entries, unless another one came since `version`. */
  apply: (change: NewChange, touched: readonly Touched[], since: number): Promise<boolean> =>
    db.transaction().execute(async (trx) => {
      const values = [change.id, change.created_at, change.key_id, change.note, change.plan_hash];
      const more = [change.document, change.entries, change.undoes, change.undo_until];
      const { rows } = await sql`insert into lifecycle_changes
        (id, created_at, key_id, note, plan_hash, document, entries, undoes, undo_until)
        select ${sql.join([...values, ...more])} where ${version} = ${since} returning seq`.execute(trx);
      if (rows.length === 0) return false;
      for (const { kind, name, after } of touched) {
        const entry = trx.deleteFrom("lifecycle_entries").where("kind", "=", kind).where("name", "=", name);
        await entry.execute();
        if (after !== null)
          await trx.insertInto("lifecycle_entries").values({ kind, name, value: after }).execute();
      }
      return true;
    }),

  findChange: (id: string): Promise<ChangeRow | undefined> =>
    changes(db).where("change.id", "=", id).executeTakeFirst(),

  listChanges: (page: { limit: number; beforeSeq: number | null }): Promise<ChangeRow[]> =>
    changes(db)
      .$if(page.beforeSeq !== null, (rows) => rows.where("change.seq", "<", page.beforeSeq))
      .orderBy("change.seq", "desc")
      .limit(page.limit + 1)
      .execute(),
});
export type LifecycleStore = ReturnType<typeof createLifecycleStore>;
