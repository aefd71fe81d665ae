import { type FormEvent, useState } from "react";
import type { DashboardSession } from "../../../contract/dashboard.ts";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";

type Props = {
  /** Why a link did not sign in. */
  readonly notice: string | undefined;
  readonly signIn: (key: string) => Promise<DashboardSession>;
  readonly onDone: (session: DashboardSession) => void;
};

export function SignIn({ notice, signIn, onDone }: Props) {
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget).get("key") ?? "").trim();
    setBusy(true);
    try {
      onDone(await signIn(key));
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : String(reason));
      setBusy(false);
    }
  }

  return (
    <main className="mx-auto mt-[12vh] max-w-sm p-4">
      <img src="/icon.svg" alt="" className="mb-4 size-12" />
      <h1 className="mb-1 text-xl font-semibold">Sign in to Perennial</h1>
      <p className="mb-5 text-soft">
        With a project's key you see that project, with an admin key all of them.
      </p>
      {notice && (
        <p role="alert" className="mb-5 rounded-md border border-bad bg-panel px-3 py-2">
          {notice}
        </p>
      )}
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        <Field label="API key" error={error} hint="Kept in a cookie that no script can read.">
          <Input name="key" type="password" autoComplete="off" required placeholder="sk-…" />
        </Field>
        <Button kind="primary" type="submit" isBusy={isBusy}>
          Sign in
        </Button>
      </form>
      <p className="mt-6 text-sm text-soft">
        No key at hand? On the server, <code className="font-mono text-ink">npx perennial dashboard</code>{" "}
        prints a link that signs you in.
      </p>
    </main>
  );
}
