import { Component, type ReactNode } from "react";
import { Page } from "./card.tsx";
import { Failed } from "./states.tsx";

type Props = { readonly children: ReactNode };
type State = { readonly error: Error | null };

/** Shows that a page broke, instead of nothing: by a fault in it, or since its script is gone after an update. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <Page title="This page broke">
        <Failed error={error} retry={() => location.reload()} />
      </Page>
    );
  }
}
