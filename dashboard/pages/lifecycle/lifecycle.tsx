import { useSession } from "../../session.tsx";
import { Page } from "../../ui/card.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { Change } from "./change.tsx";
import { Dates } from "./dates.tsx";
import { Notices } from "./notices.tsx";
import { Tabs } from "./tabs.tsx";
import { useWriting } from "./use-writing.ts";
import { Vendors } from "./vendors.tsx";

/** What ends when, who is hit, and for the operator: deciding it. */
export default function Lifecycle() {
  const { who } = useSession();
  const [view] = useUrlState("view", "dates");
  const { writing, setWriting } = useWriting();
  const tabs = [
    { id: "dates", name: "Dates" },
    ...(who.kind === "admin" ? [{ id: "change", name: "Change" }] : []),
    { id: "notices", name: "Notices" },
    { id: "calendar", name: "Vendor calendar" },
  ];
  const current = tabs.some(({ id }) => id === view) ? view : "dates";
  return (
    <Page title="Life cycle">
      <Tabs label="Parts of the life cycle" tabs={tabs} current={current} />
      {current === "dates" && <Dates />}
      {current === "change" && <Change writing={writing} setWriting={setWriting} />}
      {current === "notices" && <Notices />}
      {current === "calendar" && <Vendors />}
    </Page>
  );
}
