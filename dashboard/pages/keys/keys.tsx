import { Page } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";

export default function Keys() {
  return (
    <Page title="Keys">
      <Empty title="Not here yet; use the command line." command="npx perennial --help" />
    </Page>
  );
}
