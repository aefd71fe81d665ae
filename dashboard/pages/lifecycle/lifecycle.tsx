import { Page } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";

export default function Lifecycle() {
  return (
    <Page title="Life cycle">
      <Empty title="Not here yet; use the command line." command="npx perennial --help" />
    </Page>
  );
}
