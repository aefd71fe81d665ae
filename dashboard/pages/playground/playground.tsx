import { Page } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";

export default function Playground() {
  return (
    <Page title="Playground">
      <Empty title="Not here yet; use the command line." command="npx perennial --help" />
    </Page>
  );
}
