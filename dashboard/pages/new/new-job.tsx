import { Page } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";

export default function NewJob() {
  return (
    <Page title="New fine-tune">
      <Empty title="Not here yet; use the command line." command="npx perennial --help" />
    </Page>
  );
}
